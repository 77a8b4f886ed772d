/** A token request as some client sends it. */
export type TokenRequest = {
  readonly name: string;
  readonly headers?: readonly string[];
  /** The form; `CODE` and `VERIFIER` stand for those of a fresh login. */
  readonly body: string;
  readonly target?: string;
};

const REDEMPTION = 'grant_type=authorization_code&code=CODE&code_verifier=VERIFIER';
const USUAL = `${REDEMPTION}&client_id=spa&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb`;
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const basic = (user: string) => `Authorization: Basic ${Buffer.from(`${user}:s%3Dcr:et`).toString('base64')}`;

const typed = (type: string): TokenRequest => ({
  name: `the type ${type}`,
  headers: [`Content-Type: ${type}`],
  body: USUAL,
});
const grant = (name: string, body: string): TokenRequest => ({ name: `another grant: ${name}`, body });

export const TOKEN_REQUESTS: readonly TokenRequest[] = [
  { name: 'the usual', body: USUAL },
  {
    name: 'in another order',
    body: 'code_verifier=VERIFIER&redirect_uri=https://app.example.com/cb&client_id=spa&code=CODE&grant_type=authorization_code',
  },
  { name: 'without redirect_uri', body: `${REDEMPTION}&client_id=spa` },
  {
    name: 'with escapes where none are needed',
    body: USUAL.replace('authorization_code', '%61uthorization%5Fcode'),
  },
  { name: 'with an empty scope', body: `${USUAL}&scope=` },
  {
    name: 'with resources',
    body: `${USUAL}&resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example`,
  },
  { name: 'with audiences', body: `${USUAL}&audience=a&audience=b` },
  { name: 'with parameters of the server itself', body: `${USUAL}&device.name=J%C3%BCrgen+1&x[a]=b&flag` },
  { name: 'with a secret', body: `${USUAL}&client_secret=p%40ss+word%25` },
  { name: 'with Basic', headers: [FORM, basic('spa')], body: REDEMPTION },
  { name: 'with Basic and client_id', headers: [FORM, basic('spa')], body: USUAL },
  {
    name: 'with an assertion',
    body: `${USUAL}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=e30.${Buffer.from('{"sub":"spa"}').toString('base64url')}.x`,
  },
  { name: 'with DPoP', headers: [FORM, 'DPoP: e30.e30.x'], body: USUAL },
  { name: 'with cookies', headers: [FORM, 'Cookie: session=s; state=x; code=y'], body: USUAL },
  { name: 'with Expect', headers: [FORM, 'Expect: 100-continue'], body: USUAL },
  { name: 'with the coding identity', headers: [FORM, 'Content-Encoding: identity'], body: USUAL },
  { name: 'with a parameter of the server in the query', target: '/oauth2/token?tenant=a%2Fb', body: USUAL },
  typed('application/x-www-form-urlencoded; charset=UTF-8'),
  typed('application/x-www-form-urlencoded;charset="utf-8"'),
  typed('Application/X-WWW-Form-Urlencoded'),
  typed('application/x-www-form-urlencoded;'),
  grant('refresh_token', 'grant_type=refresh_token&refresh_token=r%2Ft&client_id=spa&scope=openid+email'),
  grant('client_credentials', 'grant_type=client_credentials&scope=a+b&client_id=m&client_secret=x'),
  grant('password', 'grant_type=password&username=J%C3%BCrgen&password=p%20%26+%C3%9F&client_id=old'),
  grant(
    'a device',
    'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=GmRhmhcxhwAzkoEqiMEg&client_id=tv',
  ),
  grant(
    'token exchange for two audiences',
    'grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=x&subject_token_type=urn:ietf:params:oauth:token-type:access_token&audience=a&audience=b',
  ),
  grant('an assertion', 'grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=e30.e30.x'),
  grant('SAML', 'grant_type=urn:ietf:params:oauth:grant-type:saml2-bearer&assertion=PHNhbWw%2B'),
  grant('CIBA', 'grant_type=urn:openid:params:grant-type:ciba&auth_req_id=1c266114-a1be-4252'),
  grant('UMA', 'grant_type=urn:ietf:params:oauth:grant-type:uma-ticket&ticket=x&permission=a&audience=rs'),
  grant('one of the server’s own', 'grant_type=otp&code_id=1&otp=123456'),
];

/** Paths that some server reads as an endpoint's, and that the gateway recognises as similar. */
const RESEMBLING: readonly string[] = [
  '//oauth2/{name}',
  '///oauth2///{name}',
  '/oauth2//{name}',
  '/oauth2/{name}/',
  '/oauth2/{name}//',
  '/oauth2/{name}/.',
  '/oauth2/{name}/./',
  '/oauth2/./{name}',
  '/./oauth2/{name}',
  '/x/../oauth2/{name}',
  '/../oauth2/{name}',
  '/oauth2/x/../{name}',
  '/oauth2/{name}/x/..',
  '/oauth2/{name}.',
  '/oauth2/{name}..',
  '/oauth2./{name}',
  '/oauth2/{name}%20',
  '/oauth2/%20{name}',
  '/oauth2/{name}%09',
  '/oauth2/{name}%0a',
  '/oauth2/%{hex}{rest}',
  '/oauth2/%{HEX}{REST}',
  '/%6fauth2/{name}',
  '/oauth2%2f{name}',
  '/oauth2%2F{name}',
  '/%2foauth2/{name}',
  '/oauth2/%25{hex}{rest}',
  '/oauth2/%2525{hex}{rest}',
  '/oauth2%252f{name}',
  '/oauth2/%u00{hex}{rest}',
  '/oauth2%5c{name}',
  '/oauth2%255c{name}',
  '/%5coauth2/{name}',
  '/oauth2/{name}%00',
  '/oauth2/{name}%00.css',
  '/oauth2/{name}%2500',
  '/oauth2/{name}%3f',
  '/oauth2/{name}%3fx',
  '/oauth2/{name}%23x',
  '/oauth2/{name};',
  '/oauth2/{name};v=1',
  '/oauth2/{name}%3bv=1',
  '/oauth2;a=b/{name}',
  '/;a/oauth2/{name}',
  '/..;/oauth2/{name}',
  '/x/..;/oauth2/{name}',
  '/OAUTH2/{NAME}',
  '/OAuth2/{Name}',
  '/oauth2/{odd}',
  '/%2e/oauth2/{name}',
  '/x/%2e%2e/oauth2/{name}',
  '/x/..%2foauth2/{name}',
  '/x%2f..%2foauth2/{name}',
  '/oauth2/%2e/{name}',
  '/oauth2/{name}/%2e',
  '/oauth2/{name}/%2e%2e/{name}',
  '/(S(x))/oauth2/{name}',
  '/oauth2/(A(b)F(c))/{name}',
  '/oauth2/%28S%28x%29%29/{name}',
  '/oauth2/{wide}{rest}',
  '/oauth2/{overlong}{rest}',
];

/** Paths that lead to the endpoint on some server, but are unknown to the gateway. */
const BEYOND: readonly string[] = [
  '/oauth2/{name}/foo',
  '/oauth2/{name}/foo/bar',
  '/oauth2/{name}.json',
  '/oauth2/{name};jsessionid=1/x',
  '/index.psgi/oauth2/{name}',
  '/index.php/oauth2/{name}',
  '/index.psgi/oauth2/{name}/',
  '/cgi-bin/idp.fcgi/oauth2/{name}',
  '/default.aspx/OAuth2/{Name}',
];

/** Spellings of the path `/oauth2/<name>` that some server accepts. */
export function spellingsOf(name: 'token' | 'authorize' | 'par') {
  return {
    resembling: RESEMBLING.map((spelling) => spell(spelling, name)),
    beyond: BEYOND.map((spelling) => spell(spelling, name)),
  };
}

function spell(spelling: string, name: string): string {
  const first = name.charAt(0);
  const words: Readonly<Record<string, string>> = {
    name,
    NAME: name.toUpperCase(),
    Name: first.toUpperCase() + name.slice(1),
    odd: name.slice(0, -1) + name.slice(-1).toUpperCase(),
    hex: first.charCodeAt(0).toString(16),
    HEX: first.toUpperCase().charCodeAt(0).toString(16),
    wide: encodeURIComponent(String.fromCharCode(first.charCodeAt(0) + 0xfee0)),
    overlong: `%c1%${(0x40 + first.charCodeAt(0)).toString(16)}`,
    rest: name.slice(1),
    REST: name.slice(1).toUpperCase(),
  };
  return spelling.replace(/\{(\w+)\}/g, (_, word: string) => words[word] ?? '');
}

// A site with Better Auth and its OIDC provider plugin. The documentation leaves both pages to the site: their scripts post
// JSON, and go where the JSON of the response says.
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { toNodeHandler } from 'better-auth/node';
import { oidcProvider } from 'better-auth/plugins';

const { PORT, ISSUER, PLAN } = process.env;
const { clients, users } = JSON.parse(PLAN);

const auth = betterAuth({
  baseURL: ISSUER,
  secret: 'of-a-server-that-lives-for-one-run',
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  emailAndPassword: {
    enabled: true,
    autoSignIn: false,
    // For a test that knows all passwords.
    password: {
      hash: async (password) => `plain ${password}`,
      verify: async ({ hash, password }) => hash === `plain ${password}`,
    },
  },
  plugins: [
    oidcProvider({
      loginPage: '/login',
      consentPage: '/consent',
      requirePKCE: false,
      trustedClients: clients.map(({ id, secret, redirectUri }) => ({
        clientId: id,
        clientSecret: secret,
        name: id,
        type: 'web',
        redirectURLs: [redirectUri],
        disabled: false,
        skipConsent: false,
        metadata: null,
      })),
    }),
  ],
});

for (const { username, password } of users) {
  await auth.api.signUpEmail({ body: { email: `${username}@example.com`, password, name: username } });
}

const POST = `
const post = async (path, body) => {
  const response = await fetch('/api/auth' + path, {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    body: JSON.stringify(body),
  });
  return response.ok ? response.json() : undefined;
};`;

const PAGES = {
  '/login': `<!doctype html><title>Log in</title>
<form><input id="username"><input id="password" type="password"><button>Log in</button></form>
<script>${POST}
document.forms[0].onsubmit = async (event) => {
  event.preventDefault();
  const email = username.value + '@example.com';
  const session = await post('/sign-in/email', {email, password: password.value});
  if (session === undefined) location.reload();
  else location.href = session.redirect ? session.url : '/';
};
</script>`,
  '/consent': `<!doctype html><title>Consent</title>
<button id="allow">Allow</button><button id="deny">Deny</button>
<script>${POST}
const consent_code = new URLSearchParams(location.search).get('consent_code');
const answer = async (accept) => {
  const answered = await post('/oauth2/consent', {accept, consent_code});
  location.href = answered === undefined ? '/' : answered.redirectURI;
};
allow.onclick = () => answer(true);
deny.onclick = () => answer(false);
</script>`,
  '/': '<!doctype html><title>Home</title>',
};

const handle = toNodeHandler(auth);
const server = createServer((req, res) => {
  const { pathname } = new URL(req.url, ISSUER);
  if (pathname.startsWith('/api/auth/')) return handle(req, res);
  const page = PAGES[pathname];
  return res.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' }).end(page);
});
server.listen(Number(PORT), '127.0.0.1');

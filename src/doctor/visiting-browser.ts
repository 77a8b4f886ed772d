import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** The parameters with which a browser came back to the client. */
export type Arrival = { readonly parameters: URLSearchParams };

/** A browser with a user in front of it, who is shown a URL and comes back to the redirect_uri. */
export interface VisitingBrowser extends AsyncDisposable {
  visit(url: string): Promise<Arrival>;
}

/** Bytes of a form_post response. */
const FORM_LIMIT = 64 * 1024;

/** Listens on a loopback redirect_uri. Only the first URL is shown: from there on the browser is redirected to the next. */
export async function listenForBrowser(
  redirectUri: URL,
  show: (text: string) => void,
): Promise<VisitingBrowser> {
  let arrived = Promise.withResolvers<Arrival>();
  let waiting: ServerResponse | undefined;
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== redirectUri.pathname) return void response.writeHead(404).end();
    readParameters(request, redirectUri).then(
      (parameters) => {
        waiting?.end();
        waiting = response;
        arrived.resolve({ parameters });
      },
      () => response.destroy(),
    );
  });
  const host = redirectUri.hostname.replace(/^\[|\]$/g, '');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(redirectUri.port || 80), host, resolve);
  });
  return {
    visit(url) {
      arrived = Promise.withResolvers();
      if (waiting === undefined) show(`Open this address in a browser and log in:\n\n  ${url}\n`);
      else waiting.writeHead(302, { Location: url, 'Cache-Control': 'no-store' }).end();
      waiting = undefined;
      return arrived.promise;
    },
    async [Symbol.asyncDispose]() {
      waiting?.end('Done. The results are in the terminal. You can close this window.\n');
      server.closeIdleConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readParameters(request: IncomingMessage, redirectUri: URL): Promise<URLSearchParams> {
  if (request.method !== 'POST') return new URL(request.url ?? '', redirectUri).searchParams;
  if (Number(request.headers['content-length'] ?? FORM_LIMIT + 1) > FORM_LIMIT) throw new Error('too long');
  return new URLSearchParams(await text(request));
}

/** For a redirect_uri elsewhere: the user pastes the address at which the browser ends. */
export function askForAddress(
  show: (text: string) => void,
  readLine: () => Promise<string | undefined>,
): VisitingBrowser {
  return {
    async visit(url) {
      show(`Open this address in a browser and log in:\n\n  ${url}\n\nPaste the address at which it ends:`);
      const address = URL.parse((await readLine())?.trim() ?? '');
      const query = address?.search || address?.hash.slice(1);
      return { parameters: new URLSearchParams(query) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

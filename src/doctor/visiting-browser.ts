import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** The parameters with which a browser came back to the client. */
export type Arrival = { readonly parameters: URLSearchParams };

/** A browser and its user, who is shown a URL and comes back to the redirect_uri. */
export interface VisitingBrowser extends AsyncDisposable {
  visit(url: string): Promise<Arrival>;
}

/** The largest form_post response, in bytes. */
const FORM_LIMIT = 64 * 1024;

/** Listens on a loopback redirect_uri. Only the first URL is shown: the browser is redirected to each further one. */
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
      waiting?.end('Done. The terminal shows the results. You can close this window.\n');
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

/** For any other redirect_uri: the user pastes the address that the browser shows at the end. */
export function askForAddress(
  show: (text: string) => void,
  readLine: () => Promise<string | undefined>,
): VisitingBrowser {
  return {
    async visit(url) {
      show(
        `Open this address in a browser and log in:\n\n  ${url}\n\nThen paste the address that the browser shows at the end:`,
      );
      const address = URL.parse((await readLine())?.trim() ?? '');
      const query = address?.search || address?.hash.slice(1);
      return { parameters: new URLSearchParams(query) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { isLoopbackHost } from '../oauth/redirect-uri.ts';

/** A browser and its user, who is shown a URL and comes back to the redirect_uri. */
export interface VisitingBrowser extends AsyncDisposable {
  /** The parameters with which it came back; `undefined`: it did not. */
  visit(url: string): Promise<URLSearchParams | undefined>;
}

/** Shows instructions to the user, and reads a pasted address. */
export type Terminal = {
  readonly show: (text: string) => void;
  /** The next line; `undefined` at the end of the input. */
  readonly readLine: () => Promise<string | undefined>;
};

/** How long a user may take, in minutes. */
const PATIENCE = 10;

/** The largest form_post response, in bytes. */
const FORM_LIMIT = 64 * 1024;

/**
 * Listens at a redirect_uri on this machine, and takes the pasted address of any. Where it listens, only the first URL is shown:
 * the browser is redirected to each further one. Throws if it cannot listen.
 */
export async function openVisitingBrowser(
  redirectUri: URL,
  { show, readLine }: Terminal,
): Promise<VisitingBrowser> {
  let arrive = (_parameters: URLSearchParams | undefined) => {};
  let waiting: ServerResponse | undefined;
  let isReading = false;
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== redirectUri.pathname) return void response.writeHead(404).end();
    readParameters(request, redirectUri).then(
      (parameters) => {
        waiting?.end();
        waiting = response;
        arrive(parameters);
      },
      () => response.destroy(),
    );
  });
  const { protocol, hostname, port } = redirectUri;
  if (protocol === 'http:' && isLoopbackHost(hostname) && port !== '') {
    server.listen(Number(port), hostname.replace(/^\[|\]$/g, ''));
    await once(server, 'listening');
  }
  const readAddress = async () => {
    isReading = true;
    let line = await readLine();
    while (line !== undefined && !URL.canParse(line)) {
      show('This is not an address. Paste all of it, such as https://app.example.com/cb?code=…');
      line = await readLine();
    }
    isReading = false;
    const address = URL.parse(line ?? '');
    if (address !== null) arrive(new URLSearchParams(address.search || address.hash.slice(1)));
    else if (!server.listening) arrive(undefined);
  };
  return {
    visit(url) {
      const { promise, resolve } = Promise.withResolvers<URLSearchParams | undefined>();
      arrive = resolve;
      if (waiting === undefined) {
        show(instructions(url, redirectUri, server.listening));
        if (!isReading) void readAddress();
      } else waiting.writeHead(302, { Location: url, 'Cache-Control': 'no-store' }).end();
      waiting = undefined;
      const timer = setTimeout(resolve, PATIENCE * 60_000, undefined);
      return promise.finally(() => clearTimeout(timer));
    },
    async [Symbol.asyncDispose]() {
      waiting?.end('Done. The terminal shows the results. You can close this window.\n');
      if (!server.listening) return;
      server.closeIdleConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function instructions(url: string, { origin, pathname, href }: URL, listens: boolean): string {
  const next = listens
    ? `doctor waits up to ${PATIENCE} minutes for the browser to come back to ${origin}${pathname}.
If the browser runs on another machine, paste the address that it shows at the end:`
    : `doctor waits up to ${PATIENCE} minutes for the address that the browser shows at the end. It begins with ${href}; paste all of it:`;
  return `Open this address in a browser and log in:\n\n  ${url}\n\n${next}`;
}

async function readParameters(request: IncomingMessage, redirectUri: URL): Promise<URLSearchParams> {
  if (request.method !== 'POST') return new URL(request.url ?? '', redirectUri).searchParams;
  if (Number(request.headers['content-length'] ?? FORM_LIMIT + 1) > FORM_LIMIT) throw new Error('too long');
  return new URLSearchParams(await text(request));
}

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Listener, listen } from './listener.ts';
import { RequestLog, recordRequest } from './request-log.ts';

const PAGE = new URL('./single-page-app/index.html', import.meta.url);
const BUNDLE = 'dist/browser/oidc-client-ts.min.js';

export type SinglePageApp = Listener & {
  /** The origin under its configured name. */
  readonly origin: string;
  readonly redirectUri: string;
  readonly silentRedirectUri: string;
  readonly requests: RequestLog;
  /** The settings of oidc-client-ts, used from the next page load on. */
  configure(settings: Readonly<Record<string, unknown>>): void;
};

/** One HTML page and the bundle of oidc-client-ts, on its own origin. Browsers resolve `*.localhost` to loopback. */
export async function startSinglePageApp(name: string): Promise<SinglePageApp> {
  const page = await readFile(PAGE);
  const bundle = await readFile(join(packageFolder(), BUNDLE));
  const requests = new RequestLog();
  let settings: Readonly<Record<string, unknown>> = {};
  const server = createServer((req, res) => {
    const request = recordRequest(req, '');
    requests.add(request);
    const isScript = request.path.endsWith('.js');
    res.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' });
    if (request.path === '/oidc-client-ts.js') res.end(bundle);
    else if (request.path === '/settings.js') res.end(`const SETTINGS = ${JSON.stringify(settings)};`);
    else res.end(page);
  });
  const listener = await listen(server);
  const origin = `http://${name}:${listener.port}`;
  return {
    ...listener,
    origin,
    redirectUri: `${origin}/callback`,
    silentRedirectUri: `${origin}/silent`,
    requests,
    configure(value) {
      settings = value;
    },
  };
}

function packageFolder(): string {
  const require = createRequire(import.meta.url);
  return dirname(require.resolve('oidc-client-ts/package.json'));
}

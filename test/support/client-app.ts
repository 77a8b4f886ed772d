import { createServer } from 'node:http';
import { canListenOn, type Listener, listen } from './listener.ts';
import { type RecordedRequest, RequestLog, readBody, recordRequest } from './request-log.ts';

/** The part of a client that a browser can reach: its redirect URI. */
export type ClientApp = Listener & {
  readonly redirectUri: string;
  /** What arrived at the redirect URI. */
  readonly callbacks: RecordedRequest[];
};

/** On 127.0.0.3 if the machine has it, so that server and gateway can have other hosts and cookies. */
export async function startClientApp(options: { host?: string; port?: number } = {}): Promise<ClientApp> {
  const host = options.host ?? ((await canListenOn('127.0.0.3')) ? '127.0.0.3' : '127.0.0.1');
  const requests = new RequestLog();
  const server = createServer(async (req, res) => {
    requests.add(recordRequest(req, (await readBody(req)).toString()));
    res.writeHead(200, { 'content-type': 'text/plain' }).end('back at the client');
  });
  const listener = await listen(server, host, options.port);
  return {
    ...listener,
    redirectUri: `${listener.url}/callback`,
    get callbacks() {
      return requests.to('/callback');
    },
  };
}

import { Agent, createServer, request as sendRequest } from 'node:http';
import { type Listener, listen } from '../../support/listener.ts';
import { readBody } from '../../support/request-log.ts';

export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** One request and its response, as on the wire. */
export type Exchange = {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderLines;
  readonly body: Buffer;
  readonly status: number;
  readonly responseHeaders: HeaderLines;
  readonly responseBody: Buffer;
};

export type Tap = Listener & {
  /** Those of the current recording, in the order in which the responses ended. */
  readonly exchanges: readonly Exchange[];
  /** Begins a new recording. Requests that are still in progress belong to the one before. */
  record(): void;
  /** Sends all further requests to other origins, alternately. */
  leadTo(origins: readonly string[]): void;
};

/** Forwards unchanged, and records everything. */
export async function startTap(origin: string, port = 0): Promise<Tap> {
  let exchanges: Exchange[] = [];
  const agent = new Agent({ keepAlive: false });
  let targets: readonly URL[] = [new URL(origin)];
  let turn = 0;
  // Responses have the Keep-Alive of the server behind, so a connection must not end before that says.
  const server = createServer({ keepAliveTimeout: 0 }, async (req, res) => {
    const recording = exchanges;
    const body = await readBody(req);
    const target = targets[turn++ % targets.length] as URL;
    const upstream = sendRequest({
      agent,
      host: target.hostname,
      port: target.port,
      method: req.method,
      path: req.url,
      headers: req.rawHeaders,
      setDefaultHeaders: false,
    });
    upstream.on('response', async (response) => {
      const responseBody = await readBody(response);
      recording.push({
        method: req.method ?? '',
        target: req.url ?? '',
        headers: lines(req.rawHeaders),
        body,
        status: response.statusCode ?? 0,
        responseHeaders: lines(response.rawHeaders),
        responseBody,
      });
      res.sendDate = false;
      res.writeHead(response.statusCode ?? 502, response.statusMessage, framed(response.rawHeaders));
      res.end(responseBody);
    });
    upstream.on('error', (error) => {
      res.writeHead(599, 'The tap reached nobody', { 'content-type': 'text/plain' });
      res.end(String(error));
    });
    upstream.end(body);
  });
  const listener = await listen(server, '127.0.0.1', port);
  return {
    ...listener,
    get exchanges() {
      return exchanges;
    },
    record() {
      exchanges = [];
    },
    leadTo(next) {
      targets = next.map((one) => new URL(one));
      turn = 0;
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await listener.stop();
    },
  };
}

/** The body was read completely, so Node frames it again. */
function framed(rawHeaders: readonly string[]): string[] {
  return lines(rawHeaders)
    .filter(([name]) => name.toLowerCase() !== 'transfer-encoding')
    .flat();
}

function lines(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);
}

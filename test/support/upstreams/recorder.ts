import { createServer } from 'node:http';
import { type Listener, listen } from '../listener.ts';

export type Recorded = {
  readonly method: string;
  /** The unchanged request target. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As latin1, so that each character is one byte. */
  readonly body: string;
};

export type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Recorder = Listener & {
  /** The requests in order, byte by byte. */
  readonly requests: Recorded[];
  /** Its response, used from the next request on. */
  answer: (request: Recorded) => Answer;
};

/** A server that records requests and sends configured responses. */
export async function startRecorder(): Promise<Recorder> {
  const requests: Recorded[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const recorded = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('latin1'),
    };
    requests.push(recorded);
    const { status = 200, headers = {}, body = '' } = recorder.answer(recorded);
    response.writeHead(status, headers).end(body, 'latin1');
  });
  const recorder: Recorder = { ...(await listen(server)), requests, answer: () => ({}) };
  return recorder;
}

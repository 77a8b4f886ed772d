import { createServer } from 'node:http';
import { type Listener, listen } from '../listener.ts';

export type Recorded = {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As latin1, so that a character is an octet. */
  readonly body: string;
};

export type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Recorder = Listener & {
  /** The requests in order, octet by octet. */
  readonly requests: Recorded[];
  /** What it says to a request; in force from the next one on. */
  answer: (request: Recorded) => Answer;
};

/** A server that writes down what it is asked, and says what it is told to. */
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

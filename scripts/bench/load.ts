import { hash, randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type WireAnswer, WireConnection } from './wire-connection.ts';

export const REDIRECT_URI = 'https://app.example.com/cb';
export const CLIENT_ID = 'spa-portal';

/** What a browser and an app send along. */
const BROWSER = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Cookie: session=8f1c0a6b2d4e4f5a9b7c6d5e4f3a2b1c',
].join('\r\n');
const APP =
  'User-Agent: app/1.0\r\nAccept: application/json\r\nContent-Type: application/x-www-form-urlencoded';

/** One thing to do over a connection, again and again. Throws where the answer is not the right one. */
export type Job = (connection: WireConnection, host: string) => Promise<void>;

/** A whole login: authorization request, its response, token request. */
export const logIn: Job = async (connection, host) => {
  const codeVerifier = randomBytes(32).toString('base64url');
  const codeChallenge = hash('sha256', codeVerifier, 'base64url');
  const state = codeVerifier.slice(0, 22);
  const query = `response_type=code&client_id=${CLIENT_ID}&redirect_uri=${encodeURIComponent(REDIRECT_URI)}&scope=openid%20profile&state=${state}&code_challenge=${codeChallenge}&code_challenge_method=S256`;
  const redirect = await connection.request(
    `GET /authorize?${query} HTTP/1.1\r\nHost: ${host}\r\n${BROWSER}\r\n\r\n`,
  );
  const [, code, returned] =
    /\r\nlocation: https:\/\/app\.example\.com\/cb\?code=([^&\r]+)&state=([^&\r]+)(?:&|\r|$)/i.exec(
      redirect.head,
    ) ?? [];
  if (redirect.status !== 302 || code === undefined || returned !== state)
    throw wrong('authorization', redirect);

  const form = `grant_type=authorization_code&code=${code}&redirect_uri=${encodeURIComponent(REDIRECT_URI)}&client_id=${CLIENT_ID}&code_verifier=${codeVerifier}`;
  const tokens = await connection.request(
    `POST /token HTTP/1.1\r\nHost: ${host}\r\n${APP}\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
  );
  if (tokens.status !== 200 || !tokens.body.toString('latin1').includes(`.${state.slice(-16)}","token_type"`))
    throw wrong('token', tokens);
};

/** A login page of 10 KB. */
export const getPage: Job = async (connection, host) => {
  const page = await connection.request(`GET /page HTTP/1.1\r\nHost: ${host}\r\n${BROWSER}\r\n\r\n`);
  if (page.status !== 200 || page.body.length !== 10_240) throw wrong('page', page);
};

function wrong(what: string, { head, body }: WireAnswer): Error {
  return new Error(`wrong answer to a ${what} request: ${head}\n\n${body.toString('latin1', 0, 500)}`);
}

/** Does a job `count` times over so many connections at once. Resolves with the seconds that it took. */
export async function saturate(port: number, job: Job, connections: number, count: number): Promise<number> {
  const open = await Promise.all(Array.from({ length: connections }, () => WireConnection.open(port)));
  const host = `127.0.0.1:${port}`;
  let left = count;
  const startedAt = performance.now();
  try {
    await Promise.all(
      open.map(async (connection) => {
        while (left > 0) {
          left -= 1;
          await job(connection, host);
        }
      }),
    );
    return (performance.now() - startedAt) / 1000;
  } finally {
    for (const connection of open) connection.close();
  }
}

/** Does a job at a fixed rate, each at its time whether or not others are done. Resolves with their durations, in milliseconds, sorted. */
export async function pace(port: number, job: Job, perSecond: number, count: number): Promise<number[]> {
  const idle: WireConnection[] = [];
  const host = `127.0.0.1:${port}`;
  const durations: number[] = [];
  const running: Promise<void>[] = [];
  const startedAt = performance.now();
  const one = async (due: number) => {
    const connection = idle.pop() ?? (await WireConnection.open(port));
    await job(connection, host);
    durations.push(performance.now() - due);
    idle.push(connection);
  };
  for (let i = 0; i < count; i += 1) {
    const due = startedAt + (i * 1000) / perSecond;
    const early = due - performance.now();
    // A busy wait would take the CPU away from the upstream and the store.
    if (early > 0) await setTimeout(early);
    running.push(one(performance.now()));
  }
  await Promise.all(running);
  for (const connection of idle) connection.close();
  return durations.sort((a, b) => a - b);
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOCTOR } from '../../src/cli/doctor.ts';
import { parseOptions } from '../../src/cli/options.ts';
import { type CannedAnswer, startCannedServer } from '../support/upstreams/canned-server.ts';

export const OPENID = '/.well-known/openid-configuration';
export const REDIRECT_URI = 'https://app.example.com/cb';
export const CLIENT = ['--client', 'spa', '--redirect-uri', REDIRECT_URI];

/** Runs the command in this process; `lines` are `mark tried: seen → advice`. */
export async function doctor(...args: string[]) {
  return doctorWith({}, ...args);
}

/** The same, with a user who opens the shown URL. `readLine`: the pasted text. */
export async function doctorWith(
  user: {
    readonly open?: (url: string) => void;
    readonly shown?: (text: string) => void;
    readonly readLine?: () => Promise<string | undefined>;
  },
  ...args: string[]
) {
  const out: string[] = [];
  const io = {
    stdout: (text: string) => out.push(text),
    stderr(text: string) {
      const shown = /^ {2}(http\S+)$/m.exec(text)?.[1];
      if (shown === undefined) return void out.push(text);
      user.shown?.(text);
      user.open?.(shown);
    },
    ...(user.readLine !== undefined && { readLine: user.readLine }),
    env: {},
    now: Date.now,
  };
  const exitCode = await DOCTOR.run(parseOptions(DOCTOR, args), io);
  const text = out.join('\n');
  const lines = text
    .replace(/\n +→/g, ' →')
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}/g, ' '));
  return { exitCode, text, lines, problems: lines.filter((line) => line.startsWith('problem ')) };
}
/** A folder for configuration files. */
export class DoctorFiles implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<DoctorFiles> {
    return new DoctorFiles(await mkdtemp(join(tmpdir(), 'pkce-gateway-doctor-')));
  }

  async fileOf(yaml: string): Promise<string> {
    const file = join(this.directory, `gateway-${process.hrtime.bigint()}.yaml`);
    await writeFile(file, yaml);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}

/** An upstream with a custom document. */
export async function startDescribed(
  document: (url: string) => object,
  more: Readonly<Record<string, CannedAnswer>> = {},
) {
  const upstream = await startCannedServer();
  const usual = {
    issuer: upstream.url,
    authorization_endpoint: `${upstream.url}/a`,
    token_endpoint: `${upstream.url}/t`,
  };
  upstream.answers.set(OPENID, { body: { ...usual, ...document(upstream.url) } });
  upstream.answers.set('/t', { status: 400, body: { error: 'invalid_grant' } });
  for (const [path, answer] of Object.entries(more)) upstream.answers.set(path, answer);
  return upstream;
}

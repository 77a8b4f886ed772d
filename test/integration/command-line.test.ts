import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { runCommandLine } from '../../src/cli/run.ts';
import { listen } from '../support/listener.ts';
import { type FinishedCommand, runCommand } from '../support/process.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-cli-'));
});
afterAll(() => rm(directory, { recursive: true }));

const run = (...args: string[]): Promise<FinishedCommand> => runCommand(args, { cwd: directory });

/** The same in this process, for command lines that end before they start anything. */
async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<FinishedCommand> {
  const [out, err]: [string[], string[]] = [[], []];
  const io = { stdout: (text: string) => out.push(text), stderr: (text: string) => err.push(text) };
  const exitCode = await runCommandLine(args, { ...io, env, now: Date.now });
  return { exitCode, stdout: out.join('\n'), stderr: err.join('\n') };
}

async function fileOf(text: string): Promise<string> {
  const file = join(directory, `${Math.abs(hash(text))}.yaml`);
  await writeFile(file, text);
  return file;
}

function hash(text: string): number {
  return [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7);
}

describe('check', () => {
  test.concurrent('a file without problems: one line, exit 0', async () => {
    const file = await fileOf(
      'issuers: [{name: a, upstream: {url: https://idp.internal}, clients: {b: {mode: report}, c: {redirect_uris: ["app:/cb"]}}}]',
    );
    expect(await run('check', '--config', file)).toEqual({
      exitCode: 0,
      stdout: `${file}: ok (1 issuer, 2 clients: 1 enforce, 1 report; memory store)`,
      stderr: '',
    });
  });

  test.concurrent('every problem at once as file:line:col path: message, exit 1', async () => {
    const file = await fileOf(`listen:
  address: nowhere
  limits: {body: 1KB}
issuers:
  - name: corp
    upstream: {url: ftp://idp.internal}
    clients:
      spa: {mode: strict, flow_tll: 10m}
`);
    const { exitCode, stdout, stderr } = await run('check', '--config', file);
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    const lines = stderr.split('\n');
    const found = lines.map((line) => line.replace(`${file}:`, '').replace(/^(\S+ \S+) .*/, '$1'));
    expect(found).toEqual([
      '2:12 listen.address:',
      '3:18 listen.limits.body:',
      '6:21 issuers[0].upstream.url:',
      '8:19 issuers[0].clients.spa.mode:',
      '8:27 issuers[0].clients.spa.flow_tll:',
    ]);
    for (const line of lines) expect(line).toMatch(/^\S+:\d+:\d+ \S+: \S/);
  });

  test.concurrent('more problems than fit into a pipe are all printed', async () => {
    const clients = Array.from({ length: 2_000 }, (_, index) => `c${index}: {mode: strict}`);
    const file = await fileOf(
      `issuers: [{name: a, upstream: {url: https://idp.internal}, clients: {${clients.join(', ')}}}]`,
    );
    const { exitCode, stderr } = await run('check', '--config', file);
    expect(exitCode).toBe(1);
    expect(stderr.split('\n')).toHaveLength(2_000);
  });

  test.concurrent('the file may be an argument, or standard input', async () => {
    const text = 'issuers: [{name: a, upstream: {url: https://idp.internal}}]';
    const summary = 'ok (1 issuer, 0 clients; memory store)';
    const file = await fileOf(text);
    expect(await run('check', file)).toMatchObject({ exitCode: 0, stdout: `${file}: ${summary}` });
    const main = join(import.meta.dirname, '../../src/main.ts');
    const check = (input: string) =>
      spawnSync(process.execPath, [main, 'check', '-'], { cwd: directory, input, encoding: 'utf8' });
    expect(check(text)).toMatchObject({ status: 0, stdout: `stdin: ${summary}\n` });
    expect(check('issuers: []')).toMatchObject({
      status: 1,
      stderr: 'stdin:1:10 issuers: must not be empty\n',
    });
  });

  test.concurrent('the default file is gateway.yaml in the working directory', async () => {
    expect(await run('check')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'gateway.yaml:1:1: cannot be read: the file does not exist; name another file with --config FILE (default: gateway.yaml), make one with `pkce-gateway init --upstream URL`, or start without a file: `pkce-gateway serve --upstream URL`',
    });
  });
});

describe('help and version', () => {
  test.concurrent('of the program', async () => {
    expect(await run('--version')).toEqual({ exitCode: 0, stdout: manifest.version, stderr: '' });
  });

  const HELP: readonly (readonly [args: string[], says: RegExp[]])[] = [
    [['--help'], [/\bserve\b/, /\bcheck\b/, /\binit\b/, /--version/]],
    [
      ['init', '--help'],
      [/--upstream URL/, /--public-url URL/, /--listen/, /--redis/, /--ca FILE/],
    ],
    [
      ['serve', '--help'],
      [/--config FILE/, /--upstream URL/, /--mode/, /--listen/, /--admin/, /--redis/],
    ],
    [
      ['explain', '--help'],
      [/--client ID/, /--url URL/, /--issuer NAME/, /--at MOMENT/, /--format/],
    ],
    [
      ['doctor', '--help'],
      [/--upstream URL/, /--client ID/, /--direct URL/, /--format/],
    ],
    [['check', '--help'], [/--config FILE/]],
    [['check', '--config', 'x', '--help'], [/--config FILE/]],
    [['-h'], [/\bserve\b/, /help COMMAND/]],
    [['help'], [/\bserve\b/, /help COMMAND/]],
    [['help', 'check'], [/-c, --config FILE/]],
    [['check', '-h'], [/-c, --config FILE/]],
    [['keygen', '-h'], [/a new key for `store\.sealed\.keys`$/]],
    [['completion', 'bash'], [/complete -o default -F _pkce_gateway pkce-gateway/]],
  ];
  test.each(HELP)('%j: exit 0, on standard output', async (args, says) => {
    const { exitCode, stdout, stderr } = await runHere(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const word of says) expect(stdout).toMatch(word);
  });

  test.each([[['--version']], [['-v']], [['serve', '--version']], [['check', '--version']]])(
    '%j',
    async (args) => {
      expect(await runHere(args)).toEqual({ exitCode: 0, stdout: manifest.version, stderr: '' });
    },
  );
});

describe('an invalid command line: exit 2, and the reason', () => {
  test.concurrent('of the program', async () => {
    expect(await run('frobnicate')).toEqual(await runHere(['frobnicate']));
  });

  const UPSTREAM = ['serve', '--upstream', 'http://127.0.0.1:9'];
  const MISUSED: readonly (readonly [args: string[], says: string])[] = [
    [['frobnicate'], 'there is no command frobnicate'],
    [['--frobnicate'], "serve: Unknown option '--frobnicate'"],
    [['serve', '--upstrem', 'http://x'], "serve: Unknown option '--upstrem' (did you mean --upstream?)"],
    [['serv'], 'there is no command serv (did you mean serve?)'],
    [['check', '--upstream', 'http://x'], "check: Unknown option '--upstream'"],
    [
      ['serve', 'gateway.yaml'],
      "serve: Unexpected argument 'gateway.yaml' (did you mean --config gateway.yaml?)",
    ],
    [
      ['doctor', 'https://idp.internal'],
      "doctor: Unexpected argument 'https://idp.internal' (did you mean --upstream https://idp.internal?)",
    ],
    [['report', 'clients.yaml'], "report: Unexpected argument 'clients.yaml'\n"],
    [['etc/gateway.yaml'], 'there is no command etc/gateway.yaml (did you mean --config etc/gateway.yaml?)'],
    [['check', 'a.yaml', 'b.yaml'], 'check: one config only, not also b.yaml'],
    [['check', '-c', 'a.yaml', '-'], 'check: --config and - cannot be used together'],
    [['help', 'frobnicate'], 'there is no command frobnicate'],
    [['completion', 'powershell'], 'completion: --shell must be one of bash, zsh, fish'],
    [['completion'], 'completion: name a shell: bash, zsh, fish'],
    [['serve', '--config'], 'argument missing'],
    [['serve', '--config', ''], '--config must not be empty'],
    [['explain', '--client='], '--client must not be empty'],
    [['serve', '--mode', 'report'], '--mode needs --upstream'],
    [['serve', '--redis', 'redis://127.0.0.1'], '--redis needs --upstream'],
    [[...UPSTREAM, '--config', 'a.yaml'], '--upstream and --config cannot be used together'],
    [[...UPSTREAM, '--mode', 'strict'], 'serve: --mode must be one of enforce, report, off\n'],
    [[...UPSTREAM, '--mode', 'reject'], 'serve: --mode must be one of enforce, report, off\n'],
    [[...UPSTREAM, '--listen', 'nowhere'], '--listen: '],
    [[...UPSTREAM, '--admin', '127.0.0.1:99999'], '--admin: '],
    [[...UPSTREAM, '--redis', 'http://127.0.0.1'], '--redis: '],
    [['serve', '--upstream', 'idp.internal'], '--upstream: must be an http or https URL'],
  ];
  test.each(MISUSED)('%j', async (args, says) => {
    const { exitCode, stdout, stderr } = await runHere(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(`${stderr.split('\n')[0]}\n`).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    [['frobnicate'], 'pkce-gateway --help shows all commands.'],
    [['report', '--frobnicate'], 'pkce-gateway help report shows its options.'],
  ] as const)('%j: and where to look', async (args, says) => {
    expect((await runHere(args)).stderr.split('\n')[1]).toBe(says);
  });
});

test('options that npm consumed without --: prints the correct command line', async () => {
  // The arguments from `npm start serve --upstream http://x`.
  const env = { npm_lifecycle_event: 'start', npm_config_upstream: 'true' };
  const { exitCode, stderr } = await runHere(['serve', 'http://x'], env);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("serve: Unexpected argument 'http://x'");
  expect(stderr).toContain('npm took --upstream for itself. Put -- first: npm start -- serve --upstream …');
  const aware = await runHere(['serve', '--upstream', 'x'], env);
  expect(aware.stderr).not.toContain('npm took');
});

describe('serve cannot start: exit 1, and the reason in one line', () => {
  test.concurrent.each([[[]], [['serve']], [['serve', '--config', 'missing.yaml']]])(
    'no file: %j',
    async (args) => {
      const { exitCode, stdout, stderr } = await run(...args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toBe(
        `${args[2] ?? 'gateway.yaml'}:1:1: cannot be read: the file does not exist; name another file with --config FILE (default: gateway.yaml), make one with \`pkce-gateway init --upstream URL\`, or start without a file: \`pkce-gateway serve --upstream URL\``,
      );
    },
  );

  test.concurrent('problems in the file, as check prints them', async () => {
    const file = await fileOf('issuers: []\nbogus: 1\n');
    const checked = await run('check', '--config', file);
    expect(await run('serve', '--config', file)).toEqual(checked);
    expect(checked.exitCode).toBe(1);
  });

  test.concurrent.each(['--listen', '--admin'])('the address of %s is taken', async (option) => {
    await using taken = await listen(createServer((_req, res) => res.writeHead(404).end()));
    const address = `127.0.0.1:${taken.port}`;
    const other = option === '--listen' ? '--admin' : '--listen';
    const args = ['--upstream', taken.url, option, address, other, '127.0.0.1:0'];
    const { exitCode, stdout, stderr } = await run('serve', ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    const told = stderr.split('\n').filter((line) => !line.startsWith('{'));
    expect(told).toEqual([expect.stringMatching(/^pkce-gateway: cannot start: .*EADDRINUSE/)]);
    expect(told[0]).toContain(
      `${address}: another process uses this address: stop it, or choose a different address with ${option}`,
    );
  });
});

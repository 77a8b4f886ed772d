import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { COMPILE_CACHE, type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import { type FencedBlock, wordOf } from './fenced-blocks.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** `pkce-gateway` in a page, as a shell function. */
const COMMAND = `pkce-gateway() { "${process.execPath}" "${MAIN}" "$@"; }`;

/** Replacements of texts in a page for the test: addresses of servers, ports. */
export type Replacements = Readonly<Record<string, string>>;

/** Runs the steps of one page in a separate folder. */
export class PageRun implements AsyncDisposable {
  readonly #directory: string;
  readonly #replacements: Replacements;
  gateway: GatewayProcess | undefined;
  /** The output of the last block's commands. */
  output = '';

  constructor(directory: string, replacements: Replacements) {
    this.#directory = directory;
    this.#replacements = replacements;
  }

  async do(block: FencedBlock): Promise<void> {
    const script = this.#replaced(block.text);
    const { language, words } = block;
    if (language === 'yaml') await this.#putInto(wordOf(block, 'into'), script);
    if (language === 'text' && words.includes('output')) this.#expectOutput(script);
    if (language !== 'sh') return;
    if (words.includes('serve')) await this.#serve(script.trim().split(/\s+/).slice(1));
    else this.output = await this.#run(script, Number(wordOf(block, 'exit') ?? 0));
  }

  async #serve(args: readonly string[]): Promise<void> {
    this.gateway = await startGatewayProcess(args, { cwd: this.#directory });
  }

  /** Replaces the entries under `clients`, the last key of a file from `init`. */
  async #putInto(file: string | undefined, entries: string): Promise<void> {
    if (file === undefined) return;
    const before = await readFile(join(this.#directory, file), 'utf8');
    const head = before.slice(0, before.indexOf('    clients:\n') + '    clients:\n'.length);
    await this.save(file, head + entries.replace(/^(?=.)/gm, '      '));
  }

  #expectOutput(expected: string): void {
    const squeeze = (line: string) => line.trim().replace(/\s+/g, ' ');
    const said = this.output.split('\n').map(squeeze);
    for (const line of expected.split('\n').map(squeeze).filter(Boolean)) {
      const parts = line.split(/ ?… ?/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      expect(said).toContainEqual(expect.stringMatching(new RegExp(`^(→ )?${parts.join('.*')}$`)));
    }
  }

  async save(file: string, text: string): Promise<void> {
    const path = join(this.#directory, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, this.#replaced(text));
  }

  async #run(script: string, exitCode: number): Promise<string> {
    const env = { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env };
    const child = spawn('bash', ['-e', '-c', `${COMMAND}\n${script}`], { cwd: this.#directory, env });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    expect({ script, code, stdout, stderr }).toMatchObject({ code: exitCode });
    return stdout + stderr;
  }

  #replaced(text: string): string {
    return Object.entries(this.#replacements).reduce((all, [from, to]) => all.replaceAll(from, to), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway?.[Symbol.asyncDispose]();
  }
}

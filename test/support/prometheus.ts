import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { freePort } from './free-port.ts';
import { requireTool } from './test-tool.ts';

export type Sample = {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export type Rule = {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  /** Of alerts: those that are pending or firing. */
  readonly alerts?: readonly { readonly labels: Readonly<Record<string, string>> }[];
};

export type Prometheus = AsyncDisposable & {
  readonly url: string;
  /** The instant query API. Rejects an invalid expression. */
  query(expr: string): Promise<readonly Sample[]>;
  rules(): Promise<readonly Rule[]>;
};

/** A real Prometheus that scrapes and evaluates every second. */
export async function startPrometheus(
  ruleFiles: readonly string[],
  scrapeConfigs: readonly object[],
): Promise<Prometheus> {
  const program = requireTool('prometheus');
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-prometheus-'));
  const port = await freePort();
  const configFile = join(directory, 'prometheus.yaml');
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  await writeFile(configFile, stringify({ global, rule_files: ruleFiles, scrape_configs: scrapeConfigs }));
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    program,
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'exit');
  const log: string[] = [];
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`prometheus ended with ${code}:\n${log.join('\n')}`)));
      createInterface(child.stderr).on('line', (line) => {
        log.push(line);
        if (line.includes('Server is ready to receive web requests')) resolve();
      });
    });
  } catch (error) {
    await stop();
    throw error;
  }

  const get = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${JSON.stringify(parameters)}`);
    return answer.data;
  };
  return {
    url,
    async query(expr) {
      type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] };
      const { result } = await get<Vector>('query', { query: expr });
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async rules() {
      const { groups } = await get<{ groups: { rules: Rule[] }[] }>('rules');
      return groups.flatMap(({ rules }) => rules);
    },
    [Symbol.asyncDispose]: stop,
  };
}

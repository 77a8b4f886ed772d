import { readFile } from 'node:fs/promises';
import { fetchClients } from '../report/fetch-clients.ts';
import { fetchHistories, type PrometheusSource } from '../report/fetch-histories.ts';
import { judgeAllReplicas } from '../report/judge-all-replicas.ts';
import { renderCsv } from '../report/report-csv.ts';
import { renderEntries } from '../report/report-entries.ts';
import { renderTable } from '../report/report-table.ts';
import { type ReportedClient, VERDICTS, verdictState } from '../report/reported-client.ts';
import type { CheckIo } from './check.ts';
import { type CommandSpec, type ParsedOptions, textOption, UsageError } from './options.ts';

const DEFAULT_ADMIN = 'http://127.0.0.1:9090';

export const REPORT_OPTIONS: CommandSpec['options'] = {
  admin: { value: 'URL', help: `the admin listener of a gateway (default: ${DEFAULT_ADMIN})` },
  'token-file': {
    value: 'FILE',
    help: 'a file with the token of `admin.token` (default: the variable PKCE_GATEWAY_ADMIN_TOKEN)',
  },
  prometheus: {
    value: 'URL',
    help: 'count over all gateways that this Prometheus scrapes: for replicas without a shared store',
  },
  'prometheus-job': { value: 'NAME', help: 'count only what Prometheus scraped under this job' },
  'prometheus-token-file': { value: 'FILE', help: 'a file with the bearer token for Prometheus' },
  ca: { value: 'FILE', help: 'the authority of their certificates, as PEM' },
  client: { value: 'ID', help: 'only this client; a trailing * matches a prefix' },
  verdict: { value: 'VERDICT', help: `only these: ${VERDICTS.join(', ')}` },
  format: { value: 'FORMAT', help: 'table (default), json, csv, or yaml (client entries to paste)' },
};

type Render = (clients: readonly ReportedClient[], now: number, seenBy: string | undefined) => string;

const FORMATS: ReadonlyMap<string, Render> = new Map<string, Render>([
  ['table', renderTable],
  ['json', (clients) => JSON.stringify({ clients }, null, 2)],
  ['csv', renderCsv],
  ['yaml', renderEntries],
]);

/** `pkce-gateway report`: the readiness of each client. Exit status 1 if the gateway does not answer. */
export async function runReport(options: ParsedOptions, io: CheckIo): Promise<number> {
  const render = FORMATS.get(textOption(options, 'format') ?? 'table');
  if (render === undefined)
    throw new UsageError(`report: --format must be one of ${[...FORMATS.keys()].join(', ')}`);
  const isWanted = readFilter(options);
  const admin = urlOption(options, 'admin', DEFAULT_ADMIN) ?? new URL(DEFAULT_ADMIN);
  const prometheus = urlOption(options, 'prometheus', 'http://127.0.0.1:9091');
  const now = (io.now ?? Date.now)();
  const ca = await readOption(options, 'ca');
  const token = (await readToken(options, 'token-file')) ?? io.env['PKCE_GATEWAY_ADMIN_TOKEN'];
  const source = await readSource(options, prometheus, ca);
  const known = await fetchClients(new URL('/api/clients', admin), { ca, token });
  const clients =
    typeof known === 'string' || source === undefined ? known : await judgeBy(source, known, now);
  if (typeof clients === 'string') {
    io.stderr(`pkce-gateway report: ${clients}`);
    return 1;
  }
  io.stdout(render(clients.filter(isWanted), now, source && admin.origin));
  return 0;
}

async function readSource(
  options: ParsedOptions,
  url: URL | undefined,
  ca: string | undefined,
): Promise<PrometheusSource | undefined> {
  const [job, file] = ['prometheus-job', 'prometheus-token-file'] as const;
  const idle = [job, file].find((name) => options[name] !== undefined);
  if (url === undefined && idle !== undefined) throw new UsageError(`report: --${idle} needs --prometheus`);
  if (url === undefined) return undefined;
  return { url, access: { ca, token: await readToken(options, file) }, job: textOption(options, job) };
}

/** A text explains a failure. */
async function judgeBy(
  source: PrometheusSource,
  clients: readonly ReportedClient[],
  now: number,
): Promise<readonly ReportedClient[] | string> {
  const histories = await fetchHistories(source, now);
  return typeof histories === 'string' ? histories : judgeAllReplicas(clients, histories, now);
}

function urlOption(options: ParsedOptions, name: string, example: string): URL | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`report: --${name} must be a URL such as ${example}`);
  return url;
}

function readFilter(options: ParsedOptions): (client: ReportedClient) => boolean {
  const wanted = textOption(options, 'client');
  const verdict = textOption(options, 'verdict')?.replace(/[-_]/g, ' ');
  if (verdict !== undefined && !(VERDICTS as readonly string[]).includes(verdict))
    throw new UsageError(`report: --verdict must be one of ${VERDICTS.join(', ')}`);
  const matches = (name: string) =>
    wanted === undefined || name === wanted || (wanted.endsWith('*') && name.startsWith(wanted.slice(0, -1)));
  return (client) => matches(client.client) && (verdict === undefined || verdictState(client) === verdict);
}

async function readOption(options: ParsedOptions, name: string): Promise<string | undefined> {
  const file = textOption(options, name);
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`report: --${name}: ${(error as Error).message}`);
  }
}

async function readToken(options: ParsedOptions, name: string): Promise<string | undefined> {
  return (await readOption(options, name))?.trim();
}

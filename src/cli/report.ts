import { fetchClients } from '../report/fetch-clients.ts';
import { fetchHistories, type PrometheusSource } from '../report/fetch-histories.ts';
import { judgeAllReplicas } from '../report/judge-all-replicas.ts';
import { renderCsv } from '../report/report-csv.ts';
import { renderEntries } from '../report/report-entries.ts';
import { renderTable } from '../report/report-table.ts';
import {
  type Report,
  type ReportedClient,
  type ReportedClients,
  VERDICTS,
  verdictState,
} from '../report/reported-client.ts';
import type { CommandIo } from './command-io.ts';
import {
  type CommandSpec,
  fileOption,
  type ParsedOptions,
  textOption,
  UsageError,
  urlOption,
} from './options.ts';

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

const FORMATS: ReadonlyMap<string, (report: Report) => string> = new Map([
  ['table', renderTable],
  ['json', ({ counted_since, clients }) => JSON.stringify({ counted_since, clients }, null, 2)],
  ['csv', renderCsv],
  ['yaml', renderEntries],
]);

/** `pkce-gateway report`: the readiness of each client. Exit status 1 if the gateway does not answer. */
export async function runReport(options: ParsedOptions, io: CommandIo): Promise<number> {
  const render = FORMATS.get(textOption(options, 'format') ?? 'table');
  if (render === undefined) throw new UsageError(`--format must be one of ${[...FORMATS.keys()].join(', ')}`);
  const isWanted = readFilter(options);
  const admin = urlOption(options, 'admin') ?? new URL(DEFAULT_ADMIN);
  const prometheus = urlOption(options, 'prometheus');
  const now = io.now();
  const ca = await fileOption(options, 'ca');
  const token = (await fileOption(options, 'token-file')) ?? io.env['PKCE_GATEWAY_ADMIN_TOKEN'];
  const source = await readSource(options, prometheus, ca);
  const known = await fetchClients(new URL('/api/clients', admin), { ca, token });
  const judged =
    typeof known === 'string' || source === undefined ? known : await judgeBy(source, known, now);
  if (typeof judged === 'string') {
    io.stderr(`pkce-gateway report: ${judged}`);
    return 1;
  }
  const clients = judged.clients.filter(isWanted);
  const isFiltered = clients.length < judged.clients.length;
  io.stdout(render({ ...judged, clients, isFiltered, now, seenBy: source && admin.origin }));
  return 0;
}

async function readSource(
  options: ParsedOptions,
  url: URL | undefined,
  ca: string | undefined,
): Promise<PrometheusSource | undefined> {
  const [job, file] = ['prometheus-job', 'prometheus-token-file'] as const;
  const idle = [job, file].find((name) => options[name] !== undefined);
  if (url === undefined && idle !== undefined) throw new UsageError(`--${idle} needs --prometheus`);
  if (url === undefined) return undefined;
  return { url, access: { ca, token: await fileOption(options, file) }, job: textOption(options, job) };
}

/** A text explains a failure. */
async function judgeBy(
  source: PrometheusSource,
  known: ReportedClients,
  now: number,
): Promise<ReportedClients | string> {
  const histories = await fetchHistories(source, now);
  if (typeof histories === 'string') return histories;
  return { ...known, clients: judgeAllReplicas(known.clients, histories, now) };
}

function readFilter(options: ParsedOptions): (client: ReportedClient) => boolean {
  const wanted = textOption(options, 'client');
  const verdict = textOption(options, 'verdict')?.replace(/[-_]/g, ' ');
  if (verdict !== undefined && !(VERDICTS as readonly string[]).includes(verdict))
    throw new UsageError(`--verdict must be one of ${VERDICTS.join(', ')}`);
  const matches = (name: string) =>
    wanted === undefined || name === wanted || (wanted.endsWith('*') && name.startsWith(wanted.slice(0, -1)));
  return (client) => matches(client.client) && (verdict === undefined || verdictState(client) === verdict);
}

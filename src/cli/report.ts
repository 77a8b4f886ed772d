import { readFile } from 'node:fs/promises';
import { fetchClients } from '../report/fetch-clients.ts';
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
  ca: { value: 'FILE', help: "the authority of the admin listener's certificate, as PEM" },
  client: { value: 'ID', help: 'only this client; a trailing * matches a prefix' },
  verdict: { value: 'VERDICT', help: `only these: ${VERDICTS.join(', ')}` },
  format: { value: 'FORMAT', help: 'table (default), json, csv, or yaml (client entries to paste)' },
};

type Render = (clients: readonly ReportedClient[], now: number) => string;

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
  const admin = textOption(options, 'admin') ?? DEFAULT_ADMIN;
  const url = URL.parse('/api/clients', admin);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`report: --admin must be a URL such as ${DEFAULT_ADMIN}`);
  }
  const token = (await readOption(options, 'token-file'))?.trim() ?? io.env['PKCE_GATEWAY_ADMIN_TOKEN'];
  const answer = await fetchClients(url, { ca: await readOption(options, 'ca'), token });
  if (typeof answer === 'string') {
    io.stderr(`pkce-gateway report: ${answer}`);
    return 1;
  }
  io.stdout(render(answer.filter(isWanted), (io.now ?? Date.now)()));
  return 0;
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

import { renderCsv } from '../report/report-csv.ts';
import { renderEntries } from '../report/report-entries.ts';
import { renderTable } from '../report/report-table.ts';
import { parseReportedClients, type ReportedClient } from '../report/reported-client.ts';
import type { CheckIo } from './check.ts';
import { type CommandSpec, type ParsedOptions, textOption, UsageError } from './options.ts';

const DEFAULT_ADMIN = 'http://127.0.0.1:9090';
/** Milliseconds. */
const PATIENCE = 15_000;
/** Bytes: ten times what the most clients that are remembered can take. */
const ANSWER_LIMIT = 64 * 1024 * 1024;

export const REPORT_OPTIONS: CommandSpec['options'] = {
  admin: { value: 'URL', help: `the admin listener of a gateway (default: ${DEFAULT_ADMIN})` },
  format: { value: 'FORMAT', help: 'table (default), json, csv, or yaml: entries to paste' },
};

type Render = (clients: readonly ReportedClient[], now: number) => string;

const FORMATS: ReadonlyMap<string, Render> = new Map<string, Render>([
  ['table', renderTable],
  ['json', (clients) => JSON.stringify({ clients }, null, 2)],
  ['csv', renderCsv],
  ['yaml', renderEntries],
]);

/** `pkce-gateway report`: the readiness of each client. Exit status 1 where the gateway cannot say. */
export async function runReport(options: ParsedOptions, io: CheckIo): Promise<number> {
  const render = FORMATS.get(textOption(options, 'format') ?? 'table');
  if (render === undefined)
    throw new UsageError(`report: --format must be one of ${[...FORMATS.keys()].join(', ')}`);
  const admin = textOption(options, 'admin') ?? DEFAULT_ADMIN;
  const url = URL.parse('/api/clients', admin);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`report: --admin must be a URL such as ${DEFAULT_ADMIN}`);
  }
  const answer = await askForClients(url);
  if (typeof answer === 'string') {
    io.stderr(`pkce-gateway report: ${answer}`);
    return 1;
  }
  io.stdout(render(answer, (io.now ?? Date.now)()));
  return 0;
}

/** The clients, or what went wrong. */
async function askForClients(url: URL): Promise<readonly ReportedClient[] | string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), redirect: 'error' });
    const body = await readWhole(response);
    if (body === undefined)
      return `${url.href} answers without end, and not as the admin listener of a gateway does`;
    text = body;
  } catch (error) {
    return `${url.origin} cannot be reached: ${causeOf(error)}. Is it the address under \`admin\` of a gateway that runs?`;
  }
  if (response.status === 503)
    return `the gateway at ${url.origin} cannot reach its store; see its log and /readyz`;
  const clients = response.status === 200 ? parseReportedClients(text) : undefined;
  if (clients !== undefined) return clients;
  return `${url.href} answered ${response.status}, and not as the admin listener of a gateway does`;
}

/** `undefined`: more than `ANSWER_LIMIT`. */
async function readWhole({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > ANSWER_LIMIT) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE / 1000} s`;
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : error.message;
}

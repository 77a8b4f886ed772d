import { certificate } from '../config/schema/tls-files.ts';
import { VERDICTS } from '../policy/judge-readiness.ts';
import { fetchClients } from '../report/fetch-clients.ts';
import { fetchHistories } from '../report/fetch-histories.ts';
import { ReportFault } from '../report/fetch-text.ts';
import { judgeAllReplicas } from '../report/judge-all-replicas.ts';
import { renderCsv } from '../report/report-csv.ts';
import { renderEntries } from '../report/report-entries.ts';
import { renderTable } from '../report/report-table.ts';
import { type Report, type ReportedClient, verdictState } from '../report/reported-client.ts';
import { type Command, fileOption, type ParsedOptions, UsageError, urlOption } from './options.ts';

const DEFAULT_ADMIN = 'http://127.0.0.1:9090';

const FORMATS: ReadonlyMap<string, (report: Report) => string> = new Map([
  ['table', renderTable],
  ['json', ({ counted_since, clients }) => JSON.stringify({ counted_since, clients }, null, 2)],
  ['csv', renderCsv],
  ['yaml', renderEntries],
]);

/** `pkce-gateway report`: the readiness of each client. Exit status 1 if the gateway does not answer. */
export const REPORT: Command = {
  options: {
    admin: { value: 'URL', help: `the admin listener of a gateway (default: ${DEFAULT_ADMIN})` },
    'token-file': {
      value: 'FILE',
      help: 'a file with the token of `admin.token` (default: the variable PKCE_GATEWAY_ADMIN_TOKEN)',
    },
    prometheus: {
      value: 'URL',
      help: 'count over all gateways that this Prometheus scrapes: for replicas without a shared store',
    },
    'prometheus-job': {
      value: 'NAME',
      needs: 'prometheus',
      help: 'count only what it scraped under this job',
    },
    'prometheus-token-file': {
      value: 'FILE',
      needs: 'prometheus',
      help: 'a file with the bearer token for it',
    },
    ca: { value: 'FILE', help: 'the authority of their certificates, as PEM' },
    client: { value: 'ID', help: 'only this client; a trailing * matches a prefix' },
    verdict: { value: 'VERDICT', choices: VERDICTS.map(asOption), help: 'only clients with this verdict' },
    format: {
      value: 'FORMAT',
      choices: [...FORMATS.keys()],
      help: 'table (default), json, csv, or yaml (client entries to paste)',
    },
  },
  async run(options, io) {
    const render = FORMATS.get(options['format'] ?? '') ?? renderTable;
    const { isWanted, filter } = readFilter(options);
    const admin = urlOption(options, 'admin') ?? new URL(DEFAULT_ADMIN);
    const prometheus = urlOption(options, 'prometheus');
    const now = io.now();
    const ca = await fileOption(options, 'ca');
    if (ca !== undefined && !certificate.safeParse(ca).success)
      throw new UsageError(`--ca: ${options['ca']} has no PEM certificate`);
    const token = (await fileOption(options, 'token-file')) ?? io.env['PKCE_GATEWAY_ADMIN_TOKEN'];
    const source = prometheus && {
      url: prometheus,
      access: { ca, token: await fileOption(options, 'prometheus-token-file') },
      job: options['prometheus-job'],
    };
    try {
      const path = `${admin.pathname.replace(/\/$/, '')}/api/clients`;
      const known = await fetchClients(new URL(path, admin), { ca, token });
      // The gateway says since when its own counts run; Prometheus has those of the whole period.
      const { clients, ...counted } = source
        ? { clients: judgeAllReplicas(known.clients, await fetchHistories(source, now), now) }
        : known;
      const wanted = clients.filter(isWanted);
      io.stdout(render({ ...counted, clients: wanted, filter, now, seenBy: source && admin.origin }));
      return 0;
    } catch (error) {
      if (!(error instanceof ReportFault)) throw error;
      io.stderr(`pkce-gateway report: ${error.message}`);
      return 1;
    }
  },
};

function asOption(verdict: string): string {
  return verdict.replace(' ', '-');
}

function readFilter({ client: wanted, verdict }: ParsedOptions) {
  const matches = (name: string) =>
    wanted === undefined || name === wanted || (wanted.endsWith('*') && name.startsWith(wanted.slice(0, -1)));
  const given = [wanted && `--client ${wanted}`, verdict && `--verdict ${verdict}`].filter(Boolean);
  return {
    isWanted: (client: ReportedClient) =>
      matches(client.client) && (verdict === undefined || asOption(verdictState(client)) === verdict),
    filter: given.length === 0 ? undefined : given.join(' and '),
  };
}

import { createInterface } from 'node:readline';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { configFromUpstream } from '../config/upstream-config.ts';
import { examineGateway, examineIssuer, type Section } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import type { LoginTrial } from '../doctor/try-login.ts';
import { openVisitingBrowser } from '../doctor/visiting-browser.ts';
import { type CommandIo, printDiagnostics } from './command-io.ts';
import {
  CONFIG_OPTION,
  type Command,
  configFile,
  FORMAT_OPTION,
  fileOption,
  issuersOption,
  type ParsedOptions,
  UsageError,
  urlOption,
} from './options.ts';
import { readUpstreamOptions } from './upstream-options.ts';

/** `pkce-gateway doctor`: tests what a login needs, without side effects. Exit status 1 if there is a problem. */
export const DOCTOR: Command = {
  options: {
    config: CONFIG_OPTION,
    upstream: {
      value: 'URL',
      excludes: 'config',
      help: 'examine one authorization server, without a configuration file',
    },
    'public-url': { value: 'URL', needs: 'upstream', help: 'the origin that clients use or will use' },
    ca: { value: 'FILE', needs: 'upstream', help: 'the CA certificate of the server, as PEM' },
    issuer: { value: 'NAME', help: 'examine only this issuer of the file' },
    client: { value: 'ID', help: 'a client that is registered at the server, for authorization requests' },
    'redirect-uri': { value: 'URI', needs: 'client', help: 'one of its redirect URIs' },
    login: {
      needs: 'client',
      help: 'log in with a browser, and test what needs a code',
    },
    via: {
      value: 'URL',
      needs: 'login',
      help: 'where the browser starts (default: public_url, or the server)',
    },
    'secret-file': { value: 'FILE', needs: 'login', help: 'the secret of a confidential client' },
    direct: { value: 'URL', help: 'an address by which clients might bypass the gateway' },
    format: FORMAT_OPTION,
  },
  async run(options, io) {
    const asJson = options['format'] === 'json';
    const probes = {
      client: readClient(options),
      direct: urlOption(options, 'direct'),
      now: io.now(),
    };
    const upstream = readUpstreamOptions(options);
    const loaded = upstream
      ? await configFromUpstream(upstream)
      : await loadConfig(configFile(options), { env: io.env });
    if (!loaded.ok) {
      printDiagnostics(loaded, io);
      return upstream === undefined ? 1 : 2;
    }
    const { chosen, names } = issuersOption(loaded.config, options);
    if (chosen.length > 1 && (probes.client !== undefined || probes.direct !== undefined)) {
      throw new UsageError(`--client and --direct examine one issuer: choose it with --issuer (${names})`);
    }

    const sections: Section[] = [];
    for (const issuer of chosen) {
      await using resources = new AsyncDisposableStack();
      const login = await readLogin(options, issuer, io, resources);
      sections.push(await examineIssuer(issuer, { login, ...probes }));
    }
    if (upstream === undefined) sections.push(...(await examineGateway(loaded.config)));
    io.stdout(asJson ? JSON.stringify({ sections }, null, 2) : renderSections(sections));
    return sections.some(({ findings }) => findings.some(({ mark }) => mark === 'problem')) ? 1 : 0;
  },
};

function readClient({ client: id, 'redirect-uri': redirectUri }: ParsedOptions) {
  if (id === undefined) return undefined;
  if (redirectUri === undefined) throw new UsageError('--client needs --redirect-uri');
  if (!URL.canParse(redirectUri)) throw new UsageError('--redirect-uri must be a URI');
  return { id, redirectUri };
}

/** What `--login` needs; `undefined` without that option. It is open until `resources` are disposed of. */
async function readLogin(
  options: ParsedOptions,
  { upstream, publicOrigin }: Config['issuers'][number],
  io: CommandIo,
  resources: AsyncDisposableStack,
): Promise<Omit<LoginTrial, 'client'> | undefined> {
  if (options['login'] === undefined) return undefined;
  const redirectUri = new URL(options['redirect-uri'] ?? '');
  const via = urlOption(options, 'via')?.origin ?? publicOrigin ?? upstream.origin;
  const secret = await fileOption(options, 'secret-file');
  const input = resources.adopt(createInterface({ input: process.stdin }), (opened) => opened.close());
  const lines = input[Symbol.asyncIterator]();
  const readLine = io.readLine ?? (async () => (await lines.next()).value);
  const terminal = { show: io.stderr, readLine };
  const browser = await openVisitingBrowser(redirectUri, terminal).catch(({ code }) => {
    const why = code === 'EADDRINUSE' ? 'another process uses this port' : code;
    throw new UsageError(`--redirect-uri: cannot listen on ${redirectUri.host}: ${why}`);
  });
  return { secret, browser: resources.use(browser), via };
}

function renderSections(sections: readonly Section[]): string {
  const findings = sections.flatMap((section) => section.findings);
  const count = (mark: Finding['mark']) => findings.filter((finding) => finding.mark === mark).length;
  const lines = sections.flatMap(({ about, findings: found }) => [
    about,
    ...found.flatMap(({ mark, tried, seen, advice }) => [
      `  ${mark.padEnd(7)}  ${tried}: ${seen}`,
      ...(advice === undefined ? [] : [`           → ${advice}`]),
    ]),
    '',
  ]);
  const summary = `${count('problem')} problem(s), ${count('warn')} warning(s), ${count('unknown')} that cannot be told from outside`;
  return [...lines, summary].join('\n');
}

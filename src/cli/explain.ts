import type { Config, IssuerConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { timestamp } from '../config/schema/quantity.ts';
import { inTurns } from '../in-turns.ts';
import { registerClients } from '../issuer/issuer.ts';
import { IssuerDirectory } from '../issuer/issuer-directory.ts';
import { printDiagnostics } from './command-io.ts';
import { explain, renderExplanation } from './explanation.ts';
import {
  CONFIG_OPTION,
  type Command,
  configFile,
  FORMAT_OPTION,
  issuersOption,
  type ParsedOptions,
  settingOption,
  UsageError,
} from './options.ts';
import { type AskedUrl, judgeUrl, readAuthorizeUrl } from './url-verdict.ts';

/** `pkce-gateway explain`: the policy of a client, where each value comes from, and the verdict on a request. */
export const EXPLAIN: Command = {
  options: {
    config: CONFIG_OPTION,
    client: { value: 'ID', help: 'the client_id' },
    issuer: { value: 'NAME', help: 'the issuer, if the file has several' },
    url: { value: 'URL', help: 'an authorization request to judge as the gateway would' },
    at: { value: 'MOMENT', help: 'the moment to judge at, such as 2027-01-15T00:00:00Z (default: now)' },
    format: FORMAT_OPTION,
  },
  async run(options, io) {
    const asJson = options['format'] === 'json';
    const { client: clientOption, url, at } = options;
    const now = at === undefined ? io.now() : settingOption('at', timestamp, at);
    if (clientOption === undefined && url === undefined)
      throw new UsageError('--client or --url is required');
    const asked = url === undefined ? undefined : readAuthorizeUrl(url);

    const loaded = await loadConfig(configFile(options), { env: io.env });
    if (!loaded.ok) {
      printDiagnostics(loaded, io);
      return 1;
    }
    const issuer = chooseIssuer(loaded.config, options, asked);
    const clients = await inTurns(registerClients(issuer));
    const verdict = asked && (await judgeUrl(asked, { config: issuer, clients }, now));
    if (clientOption !== undefined && verdict !== undefined && verdict.clientId !== clientOption) {
      throw new UsageError(
        `--client is ${clientOption}, but the client_id of the request is ${verdict.clientId ?? 'missing'}`,
      );
    }
    const client = clientOption ?? verdict?.clientId;
    const policy = clients.policyFor(client);
    const explanation = explain(loaded, { issuer, client, policy, now, verdict });
    io.stdout(asJson ? JSON.stringify(explanation, inSnakeCase, 2) : renderExplanation(explanation));
    return verdict?.outcome === 'refused' ? 1 : 0;
  },
};

/** The keys of an object as other JSON of the gateway has them. */
function inSnakeCase(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [snake(key), item]));
}

function chooseIssuer(
  { issuers }: Config,
  options: ParsedOptions,
  asked: AskedUrl | undefined,
): IssuerConfig {
  const { chosen, names } = issuersOption({ issuers }, options);
  const [first, ...others] = chosen;
  if (first !== undefined && others.length === 0) return first;
  const directory = new IssuerDirectory(issuers.map((config) => ({ config })));
  const { host, target } = asked ?? {};
  const issuersOfHost = host === undefined ? undefined : directory.issuersFor(host);
  const claimed = target && issuersOfHost?.claim(target.path);
  if (claimed !== undefined) return claimed.issuer.config;
  const why =
    host === undefined
      ? 'there are several issuers'
      : `no issuer serves the host ${host}${issuersOfHost === undefined ? '' : ` with the path ${target?.path}`}`;
  throw new UsageError(`${why}: choose one with --issuer (${names})`);
}

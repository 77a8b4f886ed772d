import { parseConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { type Gateway, startGateway } from '../../src/gateway.ts';
import { MetricSamples } from './metric-samples.ts';

export type GatewayUnderTest = Gateway & {
  /** Every log line so far. */
  readonly logLines: readonly Readonly<Record<string, unknown>>[];
  metrics(): Promise<MetricSamples>;
};

export type GatewayUnderTestOptions = {
  /** The origin of the authorization server. */
  readonly upstream: string;
  /** YAML of the issuer beside name and upstream, not indented. */
  readonly issuer?: string;
  /** YAML of the top level beside listen, admin and issuers. */
  readonly top?: string;
  /** YAML of the whole list of issuers, in place of the one above. */
  readonly issuers?: string;
  /** YAML of `listen` beside its address, as in a flow mapping. */
  readonly listen?: string;
  /** The host to listen on: different from the upstream's, so that cookies are separate. */
  readonly host?: string;
  /** For a server that must know its public URL before the gateway runs. Default: a free one. */
  readonly port?: number;
};

/** A whole gateway in this process, in front of a real server, with access to its log and metrics. */
export async function startGatewayUnderTest(options: GatewayUnderTestOptions): Promise<GatewayUnderTest> {
  const { top = '', listen = '', host = 'localhost', port = 0 } = options;
  const yaml = [
    `listen: {address: "${host}:${port}"${listen === '' ? '' : `, ${listen}`}}`,
    'admin: {address: 127.0.0.1:0}',
    top,
    'issuers:',
    options.issuers ?? oneIssuer(options),
  ].join('\n');
  const result = await parseConfig(yaml, 'test.yaml', { env: {} });
  if (!result.ok) throw new Error(`${result.problems.map(formatProblem).join('\n')}\n${yaml}`);
  const logLines: Record<string, unknown>[] = [];
  const logDestination = { write: (line: string) => void logLines.push(JSON.parse(line)) };
  const gateway = await startGateway(result.config, { logDestination });
  return {
    ...gateway,
    logLines,
    async metrics() {
      const response = await fetch(`${gateway.adminUrl}/metrics`);
      return new MetricSamples(await response.text());
    },
  };
}

function oneIssuer({ upstream, issuer = '' }: GatewayUnderTestOptions): string {
  return [
    '  - name: corp',
    ...(issuer.includes('upstream:') ? [] : [`    upstream: {url: "${upstream}"}`]),
    ...issuer.split('\n').map((line) => `    ${line}`),
  ].join('\n');
}

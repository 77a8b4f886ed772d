import type { Config } from '../../../src/config/config.ts';
import type { LoadOptions, LoadResult } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { registerClients } from '../../../src/issuer/issuer.ts';
import type { ClientPolicy } from '../../../src/policy/client-policy.ts';
import { finish } from '../../support/finish.ts';

/** The printed lines for a text named `g.yaml`. */
export async function problemLines(text: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  const result = await parseConfig(text, 'g.yaml', { env: {}, ...options });
  return result.ok ? [] : result.problems.map(formatProblem);
}

export async function warningLines(text: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  const result = await parseConfig(text, 'g.yaml', { env: {}, ...options });
  return configOf(result) && result.warnings.map(formatProblem);
}

export function configOf(result: LoadResult) {
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.config;
}

/** The variable syntax of other programs. */
export function inBraces(name: string): string {
  return `$\{${name}}`;
}

/** A valid file with one issuer and these lines. */
export function issuerWith(...lines: string[]): string {
  return [
    'issuers:',
    '  - name: corp',
    '    upstream: {url: https://idp.example.com}',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
}

/** The same with one client; its settings begin at line 6, column 9. */
export function clientWith(...lines: string[]): string {
  return issuerWith('clients:', '  spa:', ...lines.map((line) => `    ${line}`));
}

/** The first issuer's policy for a client_id. */
export function policyOf({ issuers }: Config, clientId: string | undefined): ClientPolicy {
  const [issuer] = issuers;
  if (issuer === undefined) throw new Error('no issuer');
  return finish(registerClients(issuer)).policyFor(clientId);
}

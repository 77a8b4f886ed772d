import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { failedChecks, runConformanceSuite } from '../support/mcp/conformance-suite.ts';

// The `auth` scenarios of the MCP conformance suite have their own authorization server and MCP server, and observe a
// client. Here the client is the agent of the MCP SDK with a gateway in front of that authorization server, so the suite
// sees whether the gateway loses anything of an agent's login.

const CLIENT = `node ${fileURLToPath(new URL('../support/mcp/suite-client.ts', import.meta.url))}`;

const SCENARIOS = [
  'auth/basic-cimd',
  'auth/metadata-default',
  'auth/metadata-var1',
  'auth/metadata-var2',
  'auth/metadata-var3',
  'auth/pre-registration',
  'auth/scope-from-scopes-supported',
  'auth/scope-from-www-authenticate',
  'auth/scope-omitted-when-undefined',
  'auth/scope-retry-limit',
  'auth/scope-step-up',
  'auth/token-endpoint-auth-basic',
  'auth/token-endpoint-auth-none',
  'auth/token-endpoint-auth-post',
];

// One command starts all fourteen agents, each with its own gateway.
test('every auth scenario passes with a gateway between agent and server', { timeout: 90_000 }, async () => {
  const run = await runConformanceSuite(['client', '--suite', 'auth', '--command', CLIENT]);
  expect(failedChecks(run)).toEqual([]);
  expect(run.exitCode, run.output).toBe(0);
  expect(run.scenarios.map(({ name }) => name).sort()).toEqual(SCENARIOS);
  for (const { name, checks, clientOutput } of run.scenarios) {
    // The suite's server verifies PKCE itself, so it got challenge and verifier …
    const ids = checks.filter(({ status }) => status === 'SUCCESS').map(({ id }) => id);
    expect(ids, name).toContain('pkce-verifier-matches-challenge');
    // … and the gateway verified them before: once, because the suite's server issues the same code to each login, and a
    // code stays with its first flow.
    expect(JSON.parse(clientOutput), name).toEqual({ verified: 1, verifierMissing: 0 });
  }
});

test("a token request without its verifier does not reach the suite's token endpoint", async () => {
  const run = await runConformanceSuite(
    ['client', '--scenario', 'auth/metadata-default', '--command', CLIENT],
    { env: { AGENT_FORGETS_VERIFIER: '1' } },
  );
  expect(run.exitCode).toBe(1);
  expect(failedChecks(run)).toContain('auth/metadata-default: token-request');
  const [scenario] = run.scenarios;
  expect(scenario?.checks).toContainEqual(
    expect.objectContaining({ id: 'pkce-code-challenge-sent', status: 'SUCCESS' }),
  );
  const { verified, verifierMissing } = JSON.parse(scenario?.clientOutput ?? '');
  expect(verified).toBe(0);
  expect(verifierMissing).toBeGreaterThan(0);
});

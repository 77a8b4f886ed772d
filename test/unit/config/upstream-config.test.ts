import { expect, it } from 'vitest';
import { formatProblem } from '../../../src/config/problem.ts';
import { configFromUpstream, type UpstreamOptions } from '../../../src/config/upstream-config.ts';
import { configOf, policyOf } from './problem-lines.ts';

async function problems(options: UpstreamOptions): Promise<string[]> {
  const result = await configFromUpstream(options);
  return result.ok ? [] : result.problems.map(formatProblem);
}

it('needs no more than the upstream', async () => {
  const config = configOf(await configFromUpstream({ upstream: 'https://idp.example.com/' }));
  expect(config).toMatchObject({
    listen: { address: { host: '0.0.0.0', port: 8080 } },
    admin: { address: { host: '127.0.0.1', port: 9090 } },
    store: { kind: 'memory' },
    issuers: [
      { name: 'default', hosts: [], upstream: { origin: 'https://idp.example.com' }, endpoints: 'auto' },
    ],
  });
  expect(policyOf(config, 'any')).toMatchObject({ name: '_unlisted', mode: 'enforce' });
});

it('accepts the other options', async () => {
  const config = configOf(
    await configFromUpstream({
      upstream: 'http://127.0.0.1:8000',
      mode: 'report',
      listen: '127.0.0.1:0',
      admin: '[::1]:0',
      redis: 'rediss://h:6380/2',
    }),
  );
  expect(config.listen.address).toEqual({ host: '127.0.0.1', port: 0 });
  expect(config.admin.address).toEqual({ host: '::1', port: 0 });
  expect(config.store).toMatchObject({
    kind: 'redis',
    redis: { url: { target: { host: 'h', port: 6380, tls: true }, database: 2 }, prefix: 'pkce-gateway:' },
  });
  expect(config.issuers[0]?.clients.unlisted.mode).toBe('report');
});

it('names the wrong options', async () => {
  expect(await problems({ upstream: 'idp', listen: '80', admin: 'x', redis: 'h:6379' })).toEqual([
    '--listen: must be host:port, such as 0.0.0.0:8080 or [::1]:8080',
    '--admin: must be host:port, such as 0.0.0.0:8080 or [::1]:8080',
    '--redis: must be redis://host:port/database, rediss://… or the path of a Unix socket',
    '--upstream: must be an http or https URL, such as https://idp.example.com',
  ]);
  expect(await problems({ upstream: 'http://idp.example.com', listen: '127.0.0.1:9090' })).toEqual([
    '--listen: must be different from admin.address',
  ]);
});

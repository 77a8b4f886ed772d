import { expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { addPart, partsOf } from '../../../src/config/config-parts.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { configOf } from './problem-lines.ts';

const issuer = (name: string, clients: number) => ({
  name,
  hosts: [`${name}.example.com`],
  upstream: { url: `https://${name}.internal` },
  clients: Object.fromEntries(
    Array.from({ length: clients }, (_, i) => [`app-${i}`, { owner: `team ${i}` }]),
  ),
});
const text = JSON.stringify({ issuers: [issuer('one', 2_500), issuer('two', 0), issuer('three', 1)] });
const load = async () => configOf(await parseConfig(text, 'g.yaml', { env: {} }));

test('a configuration that another process receives in parts is the same', async () => {
  const config = await load();
  const parts = [...partsOf(config)];
  let received: Config | undefined;
  for (const part of parts) received = addPart(received, structuredClone(part));
  expect(received).toEqual(config);
  expect(parts.map((part) => ('rest' in part ? 0 : part.listed.length))).toEqual([0, 1_000, 1_000, 500, 1]);
});

test('without its first part it is not complete', () =>
  expect(() => addPart(undefined, { issuer: 0, listed: [] })).toThrow(
    'the first part of the configuration has not arrived',
  ));

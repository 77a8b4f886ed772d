import { describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { Answer } from '../support/simple-client.ts';
import type { Quirks } from '../support/upstreams/scripted-legacy-server.ts';
import { REDIRECT_URI, Stage } from './stage.ts';
import { byReference, push } from './travel/journey.ts';

/** Replacements of a record; `undefined`: a value other than text. */
const DAMAGES: Readonly<Record<string, (record: string) => string | undefined>> = {
  'a character less': (record) => record.slice(0, -1),
  'half of it': (record) => record.slice(0, record.length / 2),
  nothing: () => '',
  'another layout': (record) => record.replace(/\d/, '9'),
  'another mode': (record) => record.replace(/\d\]$/, '9]'),
  'without its challenge': (record) => record.replace(/[\w-]{43}/, '').replace('"p3",', ''),
  'more text after it': (record) => `${record}x`,
  'what another program wrote': () => '{"user":"alice","exp":4102444800}',
  'a record of an earlier version': () =>
    `["f2","e","${'A'.repeat(43)}","spa","${REDIRECT_URI}","code",0,"",0]`,
  'a hash': () => undefined,
};

/** A login whose next step depends only on the record of this kind. */
type Kind = {
  readonly key: string;
  /** If several records have such keys: the beginning of the right one. */
  readonly record?: string;
  readonly setting?: string;
  readonly login?: Quirks['login'];
  /** Resolves to the next step. */
  readonly begin: (stage: Stage) => Promise<() => Promise<Answer>>;
};

const atLogin: Kind['begin'] = async (stage) => {
  const browser = new Browser();
  const [form] = (await browser.follow(await browser.visit(stage.client.authorizeUrl()))).forms;
  if (form === undefined) throw new Error('no login form');
  return async () => {
    await using _ = browser;
    const { status, location, text } = await browser.submit(form, { username: 'alice' });
    return { status, location, text, headers: {}, json: {} };
  };
};

const KINDS: Readonly<Record<string, Kind>> = {
  flow: { key: 'flow', login: 'issue_at_login', begin: atLogin },
  'flow of a preserved state': {
    key: 'flow',
    setting: 'state: preserve',
    login: 'issue_at_login',
    begin: atLogin,
  },
  'code of its own': {
    key: 'code',
    record: '3o',
    begin: async (stage) => {
      const code = await stage.newCode();
      return () => stage.redeem(code);
    },
  },
  'bare code': {
    key: 'code',
    setting: 'wrap_codes: false',
    begin: async (stage) => {
      const code = await stage.newCode();
      return () => stage.redeem(code);
    },
  },
  'pushed request': {
    key: 'par',
    begin: async (stage) => {
      const pushed = await push(stage);
      return () => byReference(stage, pushed);
    },
  },
};

describe.each(Object.entries(KINDS))(
  'in enforce, the record of a %s',
  (_, { key, record: beginning = '', setting, login, begin }) => {
    const open = (redis: RedisServer) =>
      Stage.open({
        issuer: `defaults: {mode: enforce}\nclients: {spa: {redirect_uris: [${REDIRECT_URI}], ${setting ?? ''}}}`,
        quirks: { login: login ?? 'none' },
        top: redis.store,
      });

    test('unchanged continues the login; changed in any way, it releases no code', async () => {
      await using redis = await startRedis();
      await using stage = await open(redis);
      const whole = await (await begin(stage))();
      expect(whole.location?.searchParams.get('code') ?? whole.json['access_token']).toBeTypeOf('string');
      for (const [what, damage] of Object.entries(DAMAGES)) {
        await redis.call('FLUSHALL');
        const next = await begin(stage);
        const redeemed = stage.upstream.tokenRequests.length;
        const found = (await redis.dumpAll()).filter(
          (entry) => entry.key.includes(`:${key}:`) && entry.value.startsWith(beginning),
        );
        expect(found, what).toHaveLength(1);
        const [{ key: at, value } = { key: '', value: '' }] = found;
        const record = damage(value);
        expect(record, what).not.toBe(value);
        if (record === undefined) {
          await redis.call('DEL', at);
          await redis.call('HSET', at, 'a', 'b');
        } else {
          await redis.call('SET', at, record, 'KEEPTTL');
        }
        const answer = await next();
        expect(answer.text, what).not.toMatch(/access_token|legacy-code|pgc_/);
        expect(answer.location?.searchParams.get('code') ?? null, what).toBeNull();
        expect(stage.upstream.tokenRequests.length, what).toBe(redeemed);
        expect(
          answer.status === 302 ? answer.location?.searchParams.get('error') : answer.status,
          what,
        ).toSatisfy((outcome) => typeof outcome === 'string' || outcome >= 400);
      }
    });
  },
);

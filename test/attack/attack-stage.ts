import { randomBytes } from 'node:crypto';
import type { JudgedEndpoint, Reason } from '../../src/policy/reason.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type RawResponse, sendRaw } from '../support/raw-http.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { type SloppyServer, startSloppyServer } from '../support/upstreams/sloppy-server.ts';

export const REDIRECT_URI = 'https://app.example.com/cb';

const ENFORCED = (wrapCodes: boolean) =>
  `{mode: enforce, wrap_codes: ${wrapCodes}, redirect_uris: [${REDIRECT_URI}]}`;

/**
 * The attacked configuration. `mixed`: only the victim's client is enforced, and its codes are not wrapped, which is best
 * for an attacker.
 */
export const DEFENCES = {
  'wrapped codes': `unlisted_clients: {mode: enforce}\nclients: {spa: ${ENFORCED(true)}}`,
  'bare codes': `unlisted_clients: {mode: enforce, wrap_codes: false}\nclients: {spa: ${ENFORCED(false)}}`,
  'bare codes of the only enforced client': [
    'unlisted_clients: {mode: off}',
    'clients:',
    `  spa: ${ENFORCED(false)}`,
    '  lax: {mode: off}',
  ].join('\n'),
  'sealed codes': `unlisted_clients: {mode: enforce}\nclients: {spa: ${ENFORCED(true)}}`,
} as const;

export type Defence = keyof typeof DEFENCES;

/** Whether codes are wrapped. */
export function hasWrappedCodes(defence: string): boolean {
  return defence === 'wrapped codes' || defence === 'sealed codes';
}

/** YAML of the top level: the store behind a defence. */
export function storeOf(defence: string): string {
  const key = randomBytes(32).toString('base64url');
  return defence === 'sealed codes' ? `store: {kind: sealed, sealed: {keys: ["${key}"]}}` : '';
}

/** The result of an attack. */
export type Outcome = {
  /** `undefined`: the connection was closed without one. */
  readonly response: RawResponse | undefined;
  readonly tokens: number;
  /** Valid codes that reached the server's token handler. */
  readonly redeemable: number;
  readonly refusals: readonly Refusal[];
};

export type Refusal = { readonly endpoint: JudgedEndpoint; readonly reason: Reason };

/** A sloppy server with or without a gateway in front. */
export class AttackStage implements AsyncDisposable {
  readonly server: SloppyServer;
  readonly gateway: GatewayUnderTest | undefined;
  readonly url: string;
  /** The victim's client, at the gateway or the server. */
  readonly victim: SimpleClient;

  private constructor(server: SloppyServer, gateway: GatewayUnderTest | undefined) {
    this.server = server;
    this.gateway = gateway;
    this.url = gateway?.url ?? server.url;
    this.victim = new SimpleClient(this.url, 'spa', REDIRECT_URI);
  }

  /** `issuer`: YAML of the issuer besides upstream and endpoints; `none`: no gateway. `top`: YAML of the top level. */
  static async open(issuer: string, top = ''): Promise<AttackStage> {
    const server = await startSloppyServer();
    if (issuer === 'none') return new AttackStage(server, undefined);
    const gateway = await startGatewayUnderTest({
      upstream: server.url,
      issuer: `${ENDPOINTS}\n${issuer}`,
      top,
    });
    return new AttackStage(server, gateway);
  }

  get host(): string {
    return new URL(this.url).host;
  }

  send(bytes: string): Promise<RawResponse | undefined> {
    return sendRaw(this.url, bytes).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return undefined;
      throw error;
    });
  }

  /** Sends an attack and returns its result. */
  async measure(attempt: () => Promise<RawResponse | undefined>): Promise<Outcome> {
    const before = await this.#countRefusals();
    const { issued } = this.server;
    const reached = this.server.redeemable.length;
    const response = await attempt();
    return {
      response,
      tokens: this.server.issued - issued,
      redeemable: this.server.redeemable.length - reached,
      refusals: newRefusals(before, await this.#countRefusals()),
    };
  }

  /** The number of refusals of each kind, from `/metrics`. */
  async #countRefusals(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    if (this.gateway === undefined) return counts;
    const text = await (await fetch(`${this.gateway.adminUrl}/metrics`)).text();
    for (const [, endpoint, reason, count] of text.matchAll(REJECTIONS)) {
      const kind = `${endpoint} ${reason}`;
      counts.set(kind, (counts.get(kind) ?? 0) + Number(count));
    }
    return counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway?.[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

const ENDPOINTS = `forward_pkce: never
endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token], pushed_authorization: [/oauth2/par]}`;

const REJECTIONS = /^pkce_gateway_rejections_total\{.*endpoint="(\w+)".*reason="(\w+)".*\} (\d+)$/gm;

function newRefusals(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Refusal[] {
  return [...after].flatMap(([kind, count]) => {
    const [endpoint, reason] = kind.split(' ');
    return Array<Refusal>(count - (before.get(kind) ?? 0)).fill({ endpoint, reason } as Refusal);
  });
}

import { parseConfig } from '../../src/config/load.ts';
import { type Gateway, startGateway } from '../../src/gateway.ts';
import { DEFENCES, type Defence, hasWrappedCodes, REDIRECT_URI, storeOf } from '../attack/attack-stage.ts';
import { rawRequest } from '../support/raw-http.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { type Observed, type SloppyServer, startSloppyServer } from '../support/upstreams/sloppy-server.ts';
import type { Loot } from './drafts.ts';
import type { FuzzCase } from './fuzz-case.ts';
import type { KeptConnection, Reply } from './kept-connection.ts';
import { type Forwarded, findDifference } from './same-reading.ts';

/** `none`: a gateway that judges nothing, so every theft must succeed. */
export type FuzzedDefence = Defence | 'none';

export const FUZZED_DEFENCES = Object.keys(DEFENCES) as readonly Defence[];

const ENDPOINTS = ['/oauth2/token', '/oauth2/authorize', '/oauth2/par'];
/** The upstream's codes and the gateway's codes. */
const CODE = /code-[0-9a-f]{18}|pgc_[\w-]{43,}/g;
/** Failed verifications invalidate a code, which is then worthless. */
const USES_OF_A_CODE = 60;

/** A whole gateway in front of a sloppy server, and the checks of every request. */
export class FuzzStage implements AsyncDisposable {
  readonly #server: SloppyServer;
  readonly #gateway: Gateway;
  readonly #defence: FuzzedDefence;
  /** The upstream requests by the request that caused them. */
  readonly #seen = new Map<string, Observed[]>();
  /** The server's codes whose verifier was sent. */
  readonly #entitled = new Set<string>();
  readonly #problems: string[];
  #loot: (Loot & { readonly upstreamCode: string }) | undefined;
  #uses = 0;

  private constructor(server: SloppyServer, gateway: Gateway, defence: FuzzedDefence, problems: string[]) {
    this.#server = server;
    this.#gateway = gateway;
    this.#defence = defence;
    this.#problems = problems;
  }

  static async open(defence: FuzzedDefence, duplicates: 'first' | 'last' | 'joined'): Promise<FuzzStage> {
    const observers: ((observed: Observed) => void)[] = [];
    const server = await startSloppyServer((observed) => {
      for (const observer of observers) observer(observed);
    });
    server.laxity.duplicates = duplicates;
    // Bare codes are unprotected in a message that does not look like a redemption (docs/threat-model.md).
    if (!hasWrappedCodes(defence)) server.laxity.grantType = 'needed';
    const clients = defence === 'none' ? 'unlisted_clients: {mode: off}' : DEFENCES[defence];
    const yaml = `
listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
${storeOf(defence)}
issuers:
  - name: corp
    upstream: {url: "${server.url}"}
    forward_pkce: never
    endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token], pushed_authorization: [/oauth2/par]}
    defaults: {code_ttl: 10m, max_attempts: 100, request_objects: allow}
    ${clients.replaceAll('\n', '\n    ')}
`;
    const config = await parseConfig(yaml, 'fuzz.yaml', { env: {} });
    if (!config.ok) throw new Error(JSON.stringify(config.problems));
    const problems: string[] = [];
    const gateway = await startGateway(config.config, {
      logDestination: { write: (line) => void problems.push(...problemsOf(line)) },
    });
    const stage = new FuzzStage(server, gateway, defence, problems);
    observers.push((observed) => stage.#observe(observed));
    return stage;
  }

  get url(): string {
    return this.#gateway.url;
  }

  get host(): string {
    return new URL(this.url).host;
  }

  /** New loot. Call it only while no request is in flight. */
  async loot(): Promise<Loot> {
    if (
      this.#loot === undefined ||
      this.#uses >= USES_OF_A_CODE ||
      this.#entitled.has(this.#loot.upstreamCode)
    ) {
      const client = new SimpleClient(this.url, 'spa', REDIRECT_URI);
      const code = await client.newCode();
      const upstreamCode = [...this.#server.codes].at(-1) ?? '';
      const upstreamState = this.#server.states.at(-1) ?? '';
      this.#loot = { code, upstreamCode, upstreamState, verifier: client.pair.verifier };
      this.#uses = 0;
    }
    this.#uses++;
    return this.#loot;
  }

  /** The problem with the result of a request. */
  async judge(made: FuzzCase, connection: KeptConnection): Promise<string | undefined> {
    if (made.honest && this.#loot !== undefined) this.#entitled.add(this.#loot.upstreamCode);
    this.#seen.delete(made.id);
    if (made.written.unframed) {
      await connection.throwIn(made.written.bytes);
      return this.#problems.pop() ?? this.#findTheft(made.id, made.honest);
    }
    let reply: Reply | undefined;
    try {
      reply = await connection.exchange(made.written.bytes, made.method);
    } catch (error) {
      return String(error);
    }
    return (
      this.#problems.pop() ??
      this.#findTheft(made.id, made.honest) ??
      findFault(reply) ??
      (await this.#findOtherReading(made)) ??
      (await this.#findLooseCode(made, reply, connection))
    );
  }

  #observe(observed: Observed): void {
    const id = String(observed.request.headers['x-case']);
    const list = this.#seen.get(id);
    if (list === undefined) this.#seen.set(id, [observed]);
    else list.push(observed);
  }

  /** Another request's right to a code is no excuse, except for a request that lost its id. */
  #findTheft(id: string, honest = false): string | undefined {
    const reached = (name: string) => (this.#seen.get(name) ?? []).flatMap(({ redeemable }) => redeemable);
    const isStolen = (code: string) => !this.#entitled.has(code);
    const stolen =
      reached('undefined').some(isStolen) || (honest ? reached(id).some(isStolen) : reached(id).length > 0);
    return stolen ? 'a stolen code reached the token handler' : undefined;
  }

  /** At judged endpoints: whether exactly the judged request went upstream, once. */
  async #findOtherReading(made: FuzzCase): Promise<string | undefined> {
    if (!hasWrappedCodes(this.#defence) && this.#defence !== 'bare codes') return undefined;
    const seen = this.#seen.get(made.id) ?? [];
    if (seen.length > 1) return 'one request went upstream twice';
    for (const { request, body } of seen) {
      const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
      if (!ENDPOINTS.includes(path)) continue;
      const forwarded: Forwarded = {
        method: request.method ?? '',
        path,
        query,
        body: body.toString('latin1'),
      };
      const difference = await findDifference(made, forwarded);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  /** An issued code must be worthless without a verifier. */
  async #findLooseCode(
    made: FuzzCase,
    reply: Reply | undefined,
    connection: KeptConnection,
  ): Promise<string | undefined> {
    if (reply === undefined) return undefined;
    // Among lax clients, only codes to the victim's place belong to the victim.
    if (this.#defence === 'bare codes of the only enforced client' && !goesToVictim(reply)) return undefined;
    const codes = (reply.head + reply.body).match(CODE) ?? [];
    const code = codes.findLast((found) => !made.written.bytes.includes(found));
    if (code === undefined) return undefined;
    const id = `${made.id}-loose`;
    const theft = rawRequest(
      'POST /oauth2/token HTTP/1.1',
      ['Content-Type: application/x-www-form-urlencoded', `X-Case: ${id}`, 'Connection: keep-alive'],
      `grant_type=authorization_code&code=${code}&client_id=lax`,
      this.host,
    );
    await connection.exchange(theft, 'POST');
    return this.#findTheft(id) === undefined ? undefined : 'a code came out that needs no verifier';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

function goesToVictim({ head, body }: Reply): boolean {
  const location =
    /^location: (.*)$/im.exec(head)?.[1] ?? /<form method="post" action="([^"]*)"/.exec(body)?.[1];
  return location?.split(/[?#]/)[0] === REDIRECT_URI;
}

function findFault(reply: Reply | undefined): string | undefined {
  if (reply === undefined) return 'no answer';
  if (reply.excess !== '') return 'more than one answer';
  // 505: the mutated target made it HTTP/0.9.
  const isRefusal = reply.status < 500 || reply.status === 501 || reply.status === 505;
  return isRefusal ? undefined : `an answer of ${reply.status}`;
}

/** An unwanted log line: an internal fault, or one with a code, except in fields that name the client and its software. */
function problemsOf(line: string): string[] {
  const { event, client_id: _, user_agent: __, ...rest } = JSON.parse(line) as Record<string, unknown>;
  if (event === 'internal_error' || event === 'upstream_fault') return [line];
  return (JSON.stringify(rest).match(CODE) ?? []).length === 0 ? [] : ['a code in the log'];
}

import { Browser, LoginStuck } from '../../test/support/browser.ts';
import { describeAnswer, isBrokenOff } from '../../test/support/describe-answer.ts';
import { newPkcePair } from '../../test/support/pkce-pair.ts';
import { type Answer, SimpleClient, send } from '../../test/support/simple-client.ts';
import type { Ending } from './ledger.ts';
import { type ClientId, redirectUriOf } from './soak-stage.ts';

/** Marks a token request that must never reach the server. */
export const THIEF = 'x-thief';

/** A login had a result that its kind does not allow. */
export class Unexpected extends Error {}

/** What the client saw. */
export function seenBy(error: unknown): string {
  if (error instanceof Unexpected) return error.message;
  if (error instanceof LoginStuck) return describeAnswer(error.page);
  if (isBrokenOff(error)) return 'broken off';
  return String(error);
}

/** The OAuth error, by which a client decides. */
function describeTokenAnswer(answer: Answer): string {
  return answer.status === 400 ? `400 \`${answer.json['error']}\`` : describeAnswer(answer);
}

type Fields = Readonly<Record<string, string | undefined>>;

/** One person at one client. */
class Person {
  readonly client: SimpleClient;
  readonly #id: string;

  constructor(url: string, id: string, clientId: ClientId) {
    this.client = new SimpleClient(url, clientId, redirectUriOf(clientId));
    this.#id = id;
  }

  /** Logs in, up to the code. */
  async login(fields: Fields = {}): Promise<string> {
    await using browser = new Browser({ headers: { accept: 'application/json' } });
    const url = this.client.authorizeUrl({ state: this.#id, ...fields });
    const { parameters } = await browser.login(url, { username: this.#id }, this.client.redirectUri);
    const code = parameters.get('code');
    if (code === null) throw new Unexpected(`error \`${parameters.get('error')}\``);
    if (parameters.get('state') !== this.#id) throw new Unexpected('the state of another login');
    return code;
  }

  async redeem(code: string, fields: Fields = {}, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.client.redeem(code, fields, headers);
    if (answer.status !== 200) throw new Unexpected(describeTokenAnswer(answer));
    if (answer.json['sub'] !== this.#id) throw new Unexpected('the tokens of another login');
    return answer;
  }

  async expectRefusal(code: string, fields: Fields, headers: Record<string, string>): Promise<void> {
    const answer = await this.client.redeem(code, fields, headers);
    const seen = describeTokenAnswer(answer);
    if (seen !== '400 `invalid_grant`') throw new Unexpected(seen);
  }
}

export type LoginKind = {
  readonly name: string;
  /** How many of a hundred logins are of this kind. */
  readonly share: number;
  /** Against the gateway at `url`; the server knows the login by `id`. */
  readonly run: (url: string, id: string) => Promise<Ending>;
};

const WITHOUT_PKCE: Fields = { code_challenge: undefined, code_challenge_method: undefined };

export const LOGIN_KINDS: readonly LoginKind[] = [
  {
    name: 'enforced, S256',
    share: 30,
    async run(url, id) {
      const person = new Person(url, id, 'spa');
      await person.redeem(await person.login());
      return 'done';
    },
  },
  {
    name: 'enforced, S256, codes not wrapped',
    share: 10,
    async run(url, id) {
      const person = new Person(url, id, 'unwrapped');
      await person.redeem(await person.login());
      return 'done';
    },
  },
  {
    name: 'report, no PKCE',
    share: 10,
    async run(url, id) {
      const person = new Person(url, id, 'legacy');
      await person.redeem(await person.login(WITHOUT_PKCE), { code_verifier: undefined });
      return 'done';
    },
  },
  {
    name: 'pushed request',
    share: 10,
    async run(url, id) {
      const person = new Person(url, id, 'spa');
      const pushed = await send(`${url}/oauth2/par`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: person.client.authorizeUrl({ state: id }).searchParams.toString(),
      });
      if (pushed.status !== 201) throw new Unexpected(describeAnswer(pushed));
      const nothingElse = { response_type: undefined, redirect_uri: undefined, ...WITHOUT_PKCE };
      const reference = { ...nothingElse, state: undefined, request_uri: String(pushed.json['request_uri']) };
      await person.redeem(await person.login(reference));
      return 'done';
    },
  },
  {
    name: 'form_post',
    share: 10,
    async run(url, id) {
      const person = new Person(url, id, 'spa');
      await person.redeem(await person.login({ response_mode: 'form_post' }));
      return 'done';
    },
  },
  {
    name: 'single-page app, across origins',
    share: 10,
    async run(url, id) {
      const person = new Person(url, id, 'spa');
      const { origin } = new URL(person.client.redirectUri);
      const code = await person.login();
      const preflight = await send(`${url}/oauth2/token`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      if (preflight.headers['access-control-allow-origin'] !== origin) {
        throw new Unexpected(describeAnswer(preflight));
      }
      const tokens = await person.redeem(code, {}, { origin });
      if (tokens.headers['access-control-allow-origin'] !== origin)
        throw new Unexpected('tokens without CORS');
      return 'done';
    },
  },
  {
    name: 'wrong verifier, and none',
    share: 5,
    async run(url, id) {
      const person = new Person(url, id, 'spa');
      const code = await person.login();
      await person.expectRefusal(code, { code_verifier: newPkcePair().verifier }, { [THIEF]: 'yes' });
      await person.expectRefusal(code, { code_verifier: undefined }, { [THIEF]: 'yes' });
      return 'refused';
    },
  },
  {
    name: 'no challenge',
    share: 5,
    async run(url, id) {
      const error = await new Person(url, id, 'spa').login(WITHOUT_PKCE).catch(seenBy);
      if (error !== 'error `invalid_request`') throw new Unexpected(error);
      return 'refused';
    },
  },
  {
    name: 'replayed',
    share: 5,
    async run(url, id) {
      const person = new Person(url, id, 'spa');
      const code = await person.login();
      await person.redeem(code);
      await person.expectRefusal(code, {}, { [THIEF]: 'yes' });
      return 'done';
    },
  },
  {
    name: 'abandoned',
    share: 5,
    async run(url, id) {
      await new Person(url, id, 'spa').login();
      return 'abandoned';
    },
  },
];

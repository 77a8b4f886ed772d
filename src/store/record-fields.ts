import type { Binding, Flow, Judged, PushedRequest } from './flow-store.ts';

/** The content of a record, for every kind of store: as JSON under a key, or packed into a prefix, code or request_uri. */
export type RecordFields = {
  /** A sum of the flags below. */
  readonly flags: number;
  /** The challenge in its S256 form. */
  readonly codeChallenge: string | undefined;
  readonly texts: readonly (string | undefined)[];
};

const ENFORCED = 1;
const PKCE_FORWARDED = 2;
const HAS_ID_TOKEN = 4;
export const ALL_FLAGS: number = ENFORCED + PKCE_FORWARDED + HAS_ID_TOKEN;

/** The number of texts in the fields of a flow. Its upstream is in its key, or authenticated with its record. */
export const FLOW_TEXTS = 7;

export function flowFields(flow: Flow): RecordFields {
  const { codeChallenge, redirectUri, responseType, responseMode, issuer, realm, clientId, violation } = flow;
  const flags = modeFlag(flow) + (flow.pkceForwarded ? PKCE_FORWARDED : 0);
  const texts = [redirectUri, responseType, issuer, realm, clientId, responseMode, violation];
  return { flags, codeChallenge, texts };
}

/** `undefined` for fields of anything else, and of an enforced flow without a challenge. */
export function readFlow(fields: RecordFields, upstream: string): Flow | undefined {
  const { flags, codeChallenge, texts } = fields;
  const [redirectUri, responseType, , , , responseMode, violation] = texts;
  const judged = readJudged(flags, texts.slice(2));
  if (judged === undefined || responseType === undefined || isDowngrade(fields)) return undefined;
  const pkceForwarded = (flags & PKCE_FORWARDED) !== 0;
  return {
    ...judged,
    upstream,
    codeChallenge,
    redirectUri,
    responseType,
    responseMode,
    pkceForwarded,
    violation,
  };
}

/** The fields of a binding, except for `maxAttempts`. `more`: texts after its four. */
export function bindingFields(binding: Binding, ...more: readonly (string | undefined)[]): RecordFields {
  const { codeChallenge, issuer, realm, clientId, redirectUri, pkceForwarded, hasIdToken } = binding;
  const flags = modeFlag(binding) + (pkceForwarded ? PKCE_FORWARDED : 0) + (hasIdToken ? HAS_ID_TOKEN : 0);
  return { flags, codeChallenge, texts: [issuer, realm, clientId, redirectUri, ...more] };
}

/** `undefined` for fields of anything else, and of an enforced binding without a challenge. */
export function readBinding(fields: RecordFields, maxAttempts: number): Binding | undefined {
  const { flags, codeChallenge, texts } = fields;
  const redirectUri = texts[3];
  const judged = readJudged(flags, texts);
  if (judged === undefined || isDowngrade(fields)) return undefined;
  const pkceForwarded = (flags & PKCE_FORWARDED) !== 0;
  const hasIdToken = (flags & HAS_ID_TOKEN) !== 0;
  return { ...judged, codeChallenge, redirectUri, pkceForwarded, hasIdToken, maxAttempts };
}

/** `more`: texts after its three. */
export function pushedRequestFields(pushed: PushedRequest, ...more: readonly string[]): RecordFields {
  const { issuer, realm, clientId } = pushed;
  return { flags: modeFlag(pushed), codeChallenge: undefined, texts: [issuer, realm, clientId, ...more] };
}

export function readPushedRequest({
  flags,
  texts,
}: Pick<RecordFields, 'flags' | 'texts'>): PushedRequest | undefined {
  return readJudged(flags, texts);
}

function modeFlag({ mode }: Judged): number {
  return mode === 'enforce' ? ENFORCED : 0;
}

function readJudged(flags: number, texts: RecordFields['texts']): Judged | undefined {
  const [issuer, realm, clientId] = texts;
  if (issuer === undefined || realm === undefined || clientId === undefined) return undefined;
  return { issuer, realm, clientId, mode: (flags & ENFORCED) === 0 ? 'report' : 'enforce' };
}

/** The gateway begins no enforced flow, and binds no enforced code, without a challenge: such a record fails closed. */
function isDowngrade({ flags, codeChallenge }: RecordFields): boolean {
  return (flags & ENFORCED) !== 0 && codeChallenge === undefined;
}

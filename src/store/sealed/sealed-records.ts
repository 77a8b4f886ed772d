import { GATEWAY_CODE_START, isGatewayCode, LONGEST_GATEWAY_CODE } from '../../oauth/gateway-code.ts';
import { decodeCanonical } from '../aes-gcm.ts';
import { buildSealedPrefix, hadStateOf, LONGEST_SEALED_FLOW, sealedFlowOf } from '../flow-prefix.ts';
import type { Binding, Flow, Judged, PushedRequest } from '../flow-store.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';
import { type PackedFields, packFields, unpackFields } from './packed-fields.ts';
import type { SealingKeys } from './sealing-keys.ts';

/** Flags, as a sum. */
const ENFORCED = 1;
const PKCE_FORWARDED = 2;
const HAS_ID_TOKEN = 4;

/** A record and its end (epoch milliseconds). */
export type Sealed<Kept> = Kept & { readonly expiresAt: number };

/** The prefix of a flow; `undefined` if it would be longer than `longest`, or cannot contain the flow. */
export function sealFlow(
  keys: SealingKeys,
  flow: Flow,
  options: { readonly hadState: boolean; readonly expiresAt: number; readonly longest: number },
): string | undefined {
  const { hadState, expiresAt, longest } = options;
  const { issuer, realm, clientId, redirectUri, responseType, responseMode, violation } = flow;
  const record = packFields({
    flags: flagsOf(flow),
    expiresAt,
    codeChallenge: flow.codeChallenge,
    texts: [issuer, realm, clientId, redirectUri, responseType, responseMode, violation],
  });
  if (record === undefined) return undefined;
  const text = encodeBase32(keys.sign('flow', record, flowContext(flow.upstream, hadState)));
  if (text.length > LONGEST_SEALED_FLOW) return undefined;
  const prefix = buildSealedPrefix(flow.upstream, hadState, text);
  return prefix.length > longest ? undefined : prefix;
}

/** The flow in a prefix; `undefined` if the prefix is not sealed with these keys for this upstream. */
export function openFlow(keys: SealingKeys, upstream: string, prefix: string): Sealed<Flow> | undefined {
  const text = sealedFlowOf(upstream, prefix);
  const bytes = text === undefined ? undefined : decodeBase32(text);
  const record = bytes && keys.verify('flow', bytes, flowContext(upstream, hadStateOf(prefix)));
  const fields = record && unpackFields(record, 7);
  const judged = fields && judgedOf(fields);
  if (fields === undefined || judged === undefined) return undefined;
  const [, , , redirectUri, responseType = '', responseMode, violation] = fields.texts;
  return {
    ...judged,
    upstream,
    codeChallenge: fields.codeChallenge,
    redirectUri,
    responseType,
    responseMode,
    pkceForwarded: has(fields, PKCE_FORWARDED),
    violation,
    expiresAt: fields.expiresAt,
  };
}

/** A code with everything that decides about a token request. */
export type SealedCode = Sealed<{ readonly upstreamCode: string; readonly binding: Binding }>;

/** The code for the client; `undefined` if it would be too long for a URL, or cannot contain the upstream's. */
export function sealCode(keys: SealingKeys, upstream: string, code: SealedCode): string | undefined {
  const { binding, upstreamCode, expiresAt } = code;
  const { issuer, realm, clientId, redirectUri, maxAttempts } = binding;
  const record = packFields({
    flags: flagsOf(binding) + (binding.hasIdToken ? HAS_ID_TOKEN : 0),
    expiresAt,
    codeChallenge: binding.codeChallenge,
    texts: [issuer, realm, clientId, redirectUri, String(maxAttempts), upstreamCode],
  });
  if (record === undefined) return undefined;
  const sealed = GATEWAY_CODE_START + keys.encrypt('code', record, upstream).toString('base64url');
  return sealed.length > LONGEST_GATEWAY_CODE ? undefined : sealed;
}

export function openCode(keys: SealingKeys, upstream: string, code: string): SealedCode | undefined {
  const bytes = isGatewayCode(code) ? decodeCanonical(code.slice(GATEWAY_CODE_START.length)) : undefined;
  const record = bytes && keys.decrypt('code', bytes, upstream);
  const fields = record && unpackFields(record, 6);
  const judged = fields && judgedOf(fields);
  if (fields === undefined || judged === undefined) return undefined;
  const [, , , redirectUri, maxAttempts, upstreamCode = ''] = fields.texts;
  const binding = {
    ...judged,
    codeChallenge: fields.codeChallenge,
    redirectUri,
    pkceForwarded: has(fields, PKCE_FORWARDED),
    hasIdToken: has(fields, HAS_ID_TOKEN),
    maxAttempts: Number(maxAttempts),
  };
  return { binding, upstreamCode, expiresAt: fields.expiresAt };
}

/** The upstream's request_uri, its client, and its judgement. */
export type SealedPushedRequest = Sealed<{ readonly requestUri: string; readonly pushed: PushedRequest }>;

/** RFC 9126 2.2 lets the server choose the rest. */
const REQUEST_URI_START = 'urn:ietf:params:oauth:request_uri:pgr_';

/** The request_uri for the client; `undefined` if it would be too long for a URL, or cannot contain the upstream's. */
export function sealPushedRequest(
  keys: SealingKeys,
  upstream: string,
  sealed: SealedPushedRequest,
): string | undefined {
  const { issuer, realm, clientId } = sealed.pushed;
  const record = packFields({
    flags: flagsOf(sealed.pushed),
    expiresAt: sealed.expiresAt,
    codeChallenge: undefined,
    texts: [issuer, realm, clientId, sealed.requestUri],
  });
  if (record === undefined) return undefined;
  const own = REQUEST_URI_START + keys.encrypt('request_uri', record, upstream).toString('base64url');
  return own.length > LONGEST_GATEWAY_CODE ? undefined : own;
}

export function openPushedRequest(
  keys: SealingKeys,
  upstream: string,
  requestUri: string,
): SealedPushedRequest | undefined {
  if (!requestUri.startsWith(REQUEST_URI_START)) return undefined;
  const bytes = decodeCanonical(requestUri.slice(REQUEST_URI_START.length));
  const record = bytes && keys.decrypt('request_uri', bytes, upstream);
  const fields = record && unpackFields(record, 4);
  if (fields === undefined) return undefined;
  const pushed = readJudged(fields);
  return { pushed, requestUri: fields.texts[3] ?? '', expiresAt: fields.expiresAt };
}

function flowContext(upstream: string, hadState: boolean): string {
  return `${upstream} ${hadState ? 'with' : 'without'} a state`;
}

function flagsOf({ mode, pkceForwarded = false }: Judged & { readonly pkceForwarded?: boolean }): number {
  return (mode === 'enforce' ? ENFORCED : 0) + (pkceForwarded ? PKCE_FORWARDED : 0);
}

function has({ flags }: PackedFields, flag: number): boolean {
  return (flags & flag) !== 0;
}

function readJudged(fields: PackedFields): Judged {
  const [issuer = '', realm = '', clientId = ''] = fields.texts;
  return { issuer, realm, clientId, mode: has(fields, ENFORCED) ? 'enforce' : 'report' };
}

/** The gateway begins no enforced flow without a challenge: such a record is a downgrade, and fails closed. */
function judgedOf(fields: PackedFields): Judged | undefined {
  return has(fields, ENFORCED) && fields.codeChallenge === undefined ? undefined : readJudged(fields);
}

import { GATEWAY_CODE_START, isGatewayCode, LONGEST_GATEWAY_CODE } from '../../oauth/gateway-code.ts';
import { buildSealedPrefix, hadStateOf, LONGEST_SEALED_FLOW, sealedFlowOf } from '../flow-prefix.ts';
import type { Binding, Flow, FoundPushedRequest } from '../flow-store.ts';
import {
  bindingFields,
  FLOW_TEXTS,
  flowFields,
  pushedRequestFields,
  readBinding,
  readFlow,
  readPushedRequest,
} from '../record-fields.ts';
import { packFields, unpackFields } from './packed-fields.ts';
import type { SealingKeys } from './sealing-keys.ts';

/** A record and its end (epoch milliseconds). */
export type Sealed<Kept> = Kept & { readonly expiresAt: number };

/** The prefix of a flow; `undefined` if it would be longer than `longest`, or cannot contain the flow. */
export function sealFlow(
  keys: SealingKeys,
  flow: Flow,
  options: { readonly hadState: boolean; readonly expiresAt: number; readonly longest: number },
): string | undefined {
  const { hadState, expiresAt, longest } = options;
  const record = packFields(flowFields(flow), expiresAt);
  const text = record && keys.sign(record, flowContext(flow.upstream, hadState));
  if (text === undefined || text.length > LONGEST_SEALED_FLOW) return undefined;
  const prefix = buildSealedPrefix(flow.upstream, hadState, text);
  return prefix.length > longest ? undefined : prefix;
}

/** The flow in a prefix; `undefined` if the prefix is not sealed with these keys for this upstream. */
export function openFlow(keys: SealingKeys, upstream: string, prefix: string): Sealed<Flow> | undefined {
  const text = sealedFlowOf(upstream, prefix);
  if (text === undefined) return undefined;
  const record = keys.verify(text, flowContext(upstream, hadStateOf(prefix)));
  const fields = record && unpackFields(record, FLOW_TEXTS);
  const flow = fields && readFlow(fields, upstream);
  return flow && { ...flow, expiresAt: fields.expiresAt };
}

/** A code with everything that decides about a token request. */
export type SealedCode = Sealed<{ readonly upstreamCode: string; readonly binding: Binding }>;

/** The code for the client; `undefined` if it would be too long for a URL, or cannot contain the upstream's. */
export function sealCode(keys: SealingKeys, upstream: string, code: SealedCode): string | undefined {
  const { binding, upstreamCode, expiresAt } = code;
  const record = packFields(bindingFields(binding, String(binding.maxAttempts), upstreamCode), expiresAt);
  const own = record && GATEWAY_CODE_START + keys.encrypt('code', record, upstream);
  return own !== undefined && own.length <= LONGEST_GATEWAY_CODE ? own : undefined;
}

export function openCode(keys: SealingKeys, upstream: string, code: string): SealedCode | undefined {
  if (!isGatewayCode(code)) return undefined;
  const record = keys.decrypt('code', code.slice(GATEWAY_CODE_START.length), upstream);
  const fields = record && unpackFields(record, 6);
  if (fields === undefined) return undefined;
  const [maxAttempts, upstreamCode = ''] = fields.texts.slice(-2);
  const binding = readBinding(fields, Number(maxAttempts));
  return binding && { binding, upstreamCode, expiresAt: fields.expiresAt };
}

/** RFC 9126 2.2 lets the server choose the rest. */
const REQUEST_URI_START = 'urn:ietf:params:oauth:request_uri:pgr_';

/** The request_uri for the client; `undefined` if it would be too long for a URL, or cannot contain the upstream's. */
export function sealPushedRequest(
  keys: SealingKeys,
  upstream: string,
  pushed: Sealed<FoundPushedRequest>,
): string | undefined {
  const record = packFields(pushedRequestFields(pushed, pushed.requestUri), pushed.expiresAt);
  const own = record && REQUEST_URI_START + keys.encrypt('request_uri', record, upstream);
  return own !== undefined && own.length <= LONGEST_GATEWAY_CODE ? own : undefined;
}

export function openPushedRequest(
  keys: SealingKeys,
  upstream: string,
  requestUri: string,
): Sealed<FoundPushedRequest> | undefined {
  if (!requestUri.startsWith(REQUEST_URI_START)) return undefined;
  const record = keys.decrypt('request_uri', requestUri.slice(REQUEST_URI_START.length), upstream);
  const fields = record && unpackFields(record, 4);
  const pushed = fields && readPushedRequest(fields);
  return pushed && { ...pushed, requestUri: fields.texts[3] ?? '', expiresAt: fields.expiresAt };
}

function flowContext(upstream: string, hadState: boolean): string {
  return `${upstream} ${hadState ? 'with' : 'without'} a state`;
}

import { decodeFormText } from './parameters.ts';
import { percentEncode } from './percent-encode.ts';

/** The changes in a request on its way upstream. */
export type ParameterChanges = {
  readonly state?: StateChange | undefined;
  /** Names of parameters to remove. */
  readonly dropped?: ReadonlySet<string> | undefined;
  /** Replaces the client's request_uri. */
  readonly requestUri?: string | undefined;
};

export type StateChange = {
  /** A flow prefix that is not live, to remove from the front of the state. */
  readonly remove: string | undefined;
  /** The flow's prefix, to put before the state unless it is there already. Unreserved characters only. */
  readonly add: string | undefined;
  /** Whether the prefix alone becomes the state if there is none. */
  readonly whereMissing: boolean;
};

/** Changes application/x-www-form-urlencoded text in place; every other byte stays. */
export function changeParameters(text: string, { state, dropped, requestUri }: ParameterChanges): string {
  if (state === undefined && requestUri === undefined && (dropped === undefined || dropped.size === 0))
    return text;
  const segments: string[] = [];
  let found = false;
  for (const segment of text === '' ? [] : text.split('&')) {
    const equals = segment.indexOf('=');
    const name = decodeFormText(equals === -1 ? segment : segment.slice(0, equals));
    if (dropped?.has(name) === true) continue;
    if (requestUri !== undefined && name === 'request_uri') {
      segments.push(`${name}=${percentEncode(requestUri)}`);
      continue;
    }
    if (state === undefined || found || name !== 'state') {
      segments.push(segment);
      continue;
    }
    found = true;
    const value = changeRawState(equals === -1 ? '' : segment.slice(equals + 1), state);
    if (value !== undefined) segments.push(`${equals === -1 ? segment : segment.slice(0, equals)}=${value}`);
  }
  if (!found && state?.add !== undefined && state.whereMissing) segments.push(`state=${state.add}`);
  return segments.join('&');
}

/** The prefix has unreserved characters only, so it is usually not escaped, and then the rest stays as written. */
function changeRawState(raw: string, { remove, add }: StateChange): string | undefined {
  let rest = raw;
  if (remove !== undefined) {
    if (raw.startsWith(remove)) rest = raw.slice(remove.length);
    else if (decodeFormText(raw).startsWith(remove))
      rest = percentEncode(decodeFormText(raw).slice(remove.length));
    if (rest === '' && raw !== '' && add === undefined) return undefined;
  }
  return add === undefined || decodeFormText(rest).startsWith(add) ? rest : add + rest;
}

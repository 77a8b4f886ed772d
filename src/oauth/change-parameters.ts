import { decodeFormText, type Parameters } from './parameters.ts';
import { percentEncode } from './percent-encode.ts';

/** What changes in a request on its way upstream. */
export type ParameterChanges = {
  readonly state?: StateChange | undefined;
  /** Names whose parameters go. */
  readonly dropped?: ReadonlySet<string> | undefined;
  /** Names whose value becomes another one, where they stand. */
  readonly replaced?: ReadonlyMap<string, string> | undefined;
};

export type StateChange = {
  /** A flow prefix that is not live comes off the front. */
  readonly remove: string | undefined;
  /** The flow's prefix goes in front, unless it stands there already. Unreserved characters only. */
  readonly add: string | undefined;
  /** Whether the prefix alone becomes the state where there is none. */
  readonly whereMissing: boolean;
};

const NOTHING: ReadonlyMap<string, string> = new Map();

/**
 * Changes a text in application/x-www-form-urlencoded where it stands; every other octet stays. So a client in `report` is
 * served: byte for byte, but for the value of its state.
 */
export function changeRawParameters(text: string, { state, dropped, replaced }: ParameterChanges): string {
  if (state === undefined && replaced === undefined && (dropped === undefined || dropped.size === 0))
    return text;
  const segments: string[] = [];
  let found = false;
  for (const segment of text === '' ? [] : text.split('&')) {
    const equals = segment.indexOf('=');
    const name = decodeFormText(equals === -1 ? segment : segment.slice(0, equals));
    if (dropped?.has(name) === true) continue;
    const replacement = replaced?.get(name);
    if (replacement !== undefined) {
      segments.push(`${name}=${percentEncode(replacement)}`);
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

/** The prefix has unreserved characters only, so that it usually stands there as it is, and the rest can stay as written. */
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

/** The same for parameters that are about to be serialised: what is judged is what the upstream gets. */
export function changeParameters(
  parameters: Parameters,
  { state, dropped, replaced = NOTHING }: ParameterChanges,
): Parameters {
  let kept = dropped === undefined || dropped.size === 0 ? parameters : parameters.without(...dropped);
  for (const [name, value] of replaced) if (kept.has(name)) kept = kept.with(name, value);
  const value = kept.get('state');
  if (state === undefined || (value === undefined && !(state.whereMissing && state.add !== undefined)))
    return kept;
  let rest = value ?? '';
  if (state.remove !== undefined && rest.startsWith(state.remove)) rest = rest.slice(state.remove.length);
  if (state.add !== undefined && !rest.startsWith(state.add)) rest = state.add + rest;
  return rest === '' && value !== '' ? kept.without('state') : kept.with('state', rest);
}

import { isProtocolParameter } from '../../oauth/parameter-names.ts';
import { type Parsed, textAs } from './scalars.ts';

/** The only parameter that affects the meaning of a request but is used by neither policies nor flows. */
const NOT_NEEDED = 'refresh_token';

/** The name of a parameter that may be dropped. */
export function parseDroppedParameter(text: string): Parsed<string> {
  if (!/^[!-~]{1,128}$/.test(text)) return { problem: 'must be the name of a parameter, such as resource' };
  const name = text.toLowerCase();
  if (isProtocolParameter(name) && name !== NOT_NEEDED) {
    return { problem: `${text} cannot be dropped: policies or flows use it` };
  }
  return { value: text };
}

export function droppedParameter() {
  return textAs(parseDroppedParameter, { 'x-type': 'parameter name', pattern: '^[!-~]{1,128}$' });
}

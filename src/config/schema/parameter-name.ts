import { canonicalName, isProtocolParameter } from '../../oauth/parameter-names.ts';
import { type Parsed, textAs } from './scalars.ts';

/** The name of a parameter that may be dropped: not one that determines the meaning of a request, in any spelling. */
export function parseDroppedParameter(text: string): Parsed<string> {
  if (!/^[!-~]{1,128}$/.test(text)) return { problem: 'must be the name of a parameter, such as resource' };
  if (isProtocolParameter(canonicalName(text))) {
    return { problem: `${text} cannot be dropped: policies or flows use it` };
  }
  return { value: text };
}

export const droppedParameter = textAs(parseDroppedParameter, {
  'x-type': 'parameter name',
  pattern: '^[!-~]{1,128}$',
});

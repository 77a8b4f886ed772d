import { namesParameter } from '../../oauth/parameter-names.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import { hasControlCharacter, textThat } from './scalars.ts';

/** The key of a client entry: a client_id, or a prefix followed by `*`. */
export const clientId = textThat({ pattern: '^[^*]+[*]?$' }, (text) => {
  if (text === '') return 'a client_id must not be empty';
  if (text.length > 512) return 'a client_id has at most 512 characters';
  if (hasControlCharacter(text)) return 'a client_id must not contain control characters';
  if (text === '*') return 'a policy for all other clients goes under `unlisted_clients`';
  if (text.slice(0, -1).includes('*')) return 'a `*` can only be the last character';
  if (text === UNLISTED) return 'this name is reserved for the clients that are not listed';
}).meta({ maxLength: 512 });

/** Headers with a meaning for a server or a proxy: an id there would change how a message is interpreted. */
const TAKEN =
  /^(host|connection|keep-alive|te|trailer|upgrade|expect|via|content-.*|transfer-encoding|cookie|set-cookie|origin|referer|location|date|vary|range|accept.*|access-control-.*|(proxy-)?auth.*|(x-)?forwarded.*|sec-.*)$/;

/** The name of a header field that only carries an id. */
export const headerName = textThat({ 'x-type': 'header name', pattern: '^[A-Za-z0-9-]{1,64}$' }, (text) => {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(text))
    return 'must be a header name of letters, digits and -, such as X-Request-Id';
  if (TAKEN.test(text.toLowerCase())) return `${text} already has a meaning: choose a different header`;
});

/** The name of a parameter that may be dropped: not one that determines the meaning of a request, in any spelling. */
export const droppedParameter = textThat(
  { 'x-type': 'parameter name', pattern: '^[!-~]{1,128}$' },
  (text) => {
    if (!/^[!-~]{1,128}$/.test(text)) return 'must be the name of a parameter, such as resource';
    if (namesParameter(text)) return `${text} cannot be dropped: policies or flows use it`;
  },
);

import { UNLISTED } from '../../policy/client-policy.ts';
import { hasControlCharacter, type Parsed } from './scalars.ts';

/** The key of a client entry: a client_id, or a prefix followed by `*`. */
export function parseClientId(text: string): Parsed<string> {
  if (text === '') return { problem: 'a client_id must not be empty' };
  if (text.length > 512) return { problem: 'a client_id has at most 512 characters' };
  if (hasControlCharacter(text)) return { problem: 'a client_id must not contain control characters' };
  if (text === '*') return { problem: 'a policy for all other clients goes under `unlisted_clients`' };
  if (text.slice(0, -1).includes('*')) return { problem: 'a `*` can only be the last character' };
  if (text === UNLISTED) return { problem: 'this name is reserved for the clients that are not listed' };
  return { value: text };
}

import { decodeOctets } from '../octets.ts';
import { isAnswerName, readAnswer } from './answer.ts';
import { type Carrier, type Changes, type Edit, editParameter } from './carrier.ts';
import type { FindPrefix } from './find-urls.ts';
import type { Written } from './written.ts';

/** A text under a name, in an object or element, as ranges of the body. */
export type Member = {
  readonly name: string;
  readonly value: Written;
  /** The range to remove with the member; `undefined`: a variable, which stays and becomes empty. */
  readonly removal?: Removal | undefined;
  /** The position for another member of a JSON object. */
  readonly next?: number | undefined;
};

export type Removal = {
  readonly start: number;
  end: number;
  /** Whether to remove the comma after the member, because none before it is removed. */
  readonly takesComma: boolean;
};

/** Parameters of a request: pages of the server itself have them beside the state. */
const REQUEST: ReadonlySet<string> = new Set(['response_type', 'code_challenge']);
const OTHERS: ReadonlySet<string> = new Set(['state', 'iss', 'client_id']);

/** Whether a member of this name matters for a response. */
export function isPairName(name: string): boolean {
  return isAnswerName(name) || OTHERS.has(name) || REQUEST.has(name);
}

/** Whether a member may belong to a response, so that its object is buffered to its end. */
export function mayBePair({ name, value: { text } }: Member, findPrefix: FindPrefix): boolean {
  if (name === 'state') return findPrefix(text, 0) === 0;
  return isCodeName(name) && text !== '';
}

/** Whether a member of this name may be, contain or cover a code. */
export function isCodeName(name: string): boolean {
  return name === 'code' || name === 'id_token' || name === 'response';
}

/** `{"code":"SUCCESS"}` and error numbers are results of API calls. */
export function isStatusWord({ name, value: { text } }: Member): boolean {
  return name === 'code' && (text.length < 6 || /^[A-Z_-]+$/.test(text));
}

/** Whether these members are a response: a prefixed state with a code or another result. */
export function isPair(members: readonly Member[], findPrefix: FindPrefix): boolean {
  const has = (name: string) => members.some((member) => member.name === name && member.value.text !== '');
  if (members.some(({ name }) => REQUEST.has(name))) return false;
  if (!members.some((member) => member.name === 'state' && mayBePair(member, findPrefix))) return false;
  if (has('code') || has('id_token') || has('response') || has('access_token')) return true;
  return has('error') && !has('client_id');
}

export function pairCarrier(members: readonly Member[]): Carrier {
  const parameters = members.map(({ name, value }) => [name, decodeOctets(value.text)] as const);
  return {
    ...readAnswer(parameters),
    kind: 'pair',
    target: undefined,
    places: [],
    part: 'body',
    edits: (changes) => pairEdits(members, changes),
  };
}

function pairEdits(members: readonly Member[], changes: Changes): Edit[] {
  const edits = members.flatMap((member) => {
    const { value, removal } = member;
    const { start, end } = removal ?? { start: value.at(0), end: value.at(value.text.length) };
    return editParameter(member, changes, { start, end });
  });
  const next = members.find(({ name }) => name === 'code')?.next;
  if (changes.iss !== undefined && next !== undefined && !members.some(({ name }) => name === 'iss')) {
    edits.push({ start: next, end: next, text: `,"iss":${JSON.stringify(changes.iss)}` });
  }
  return edits;
}

import { decodeOctets } from '../octets.ts';
import { LONGEST_REDIRECT_URI } from '../redirect-uri.ts';
import type { Carrier } from './carrier.ts';
import type { FindPrefix } from './find-urls.ts';
import { isCodeName, isPair, isStatusWord, type Member, mayBePair, pairCarrier } from './pair.ts';
import { CONSTRUCT_LIMIT, type PieceWriter, type TooLarge } from './piece.ts';

/** One open object, array, element or block. */
type Scope = {
  members: Member[];
  readonly places: string[];
  /** Whether a member may belong to a response, so that the object is buffered. */
  matters: boolean;
  /** Whether a code of it was already sent. */
  lostCode: boolean;
};
/** A response whose object ended, with the enclosing objects, which may name its redirect_uri. */
type Ready = {
  readonly carrier: Carrier;
  readonly scopes: readonly Scope[];
  /** The end of its last member in the body. */
  readonly end: number;
};

const DEPTH = 64;
const PLACES = 32;
const MEMBERS = 64;
const PLACE = /^\s*[a-z][a-z0-9+.-]{0,63}:\/?[^\s]/i;

/** Whether a text may be an absolute URL, such as a redirect_uri or an origin. */
export function isPlace(text: string): boolean {
  return text.length <= LONGEST_REDIRECT_URI && PLACE.test(text);
}

/**
 * Collects the members of an object: a separate code and state, and the URLs of the object and of those around it. From the
 * first of these on, the text is buffered.
 */
export class ObjectScopes {
  readonly #writer: PieceWriter;
  readonly #findPrefix: FindPrefix;
  /** A script is buffered to its end and counts as a whole, because variables may be anywhere. */
  readonly #isScript: boolean;
  #scopes: Scope[] = [openScope()];
  /** The number of scopes that matter. */
  #mattering = 0;
  /** The number of open scopes beyond `DEPTH`. */
  #deeper = 0;
  #ready: Ready[] = [];
  #tooLarge: TooLarge | undefined;
  /** Whether the script posts a message to another window. */
  postsMessage = false;

  constructor(writer: PieceWriter, findPrefix: FindPrefix, isScript: boolean) {
    this.#writer = writer;
    this.#findPrefix = findPrefix;
    this.#isScript = isScript;
  }

  open(): void {
    if (this.#scopes.length < DEPTH) this.#scopes.push(openScope());
    else this.#deeper += 1;
  }

  /** Called after the end of the object was written. */
  close(): void {
    if (this.#deeper > 0) {
      this.#deeper -= 1;
      return;
    }
    const scope = this.#scopes.at(-1) as Scope;
    if (this.#isPair(scope)) this.#addReady(pairCarrier(scope.members), endOf(scope));
    else if (scope.lostCode) this.#noteScope(scope);
    if (scope.matters) this.#mattering -= 1;
    this.#scopes.pop();
    if (this.#scopes.length === 0) this.#scopes.push({ ...openScope(), places: scope.places });
    if (this.#writer.holding && this.#isSettled()) this.#release();
  }

  /** Called before the text with this member is written, so that it is buffered. */
  member(member: Member): void {
    const scope = this.#scopes.at(-1) as Scope;
    if (this.#deeper > 0 || (!this.#isScript && isStatusWord(member))) return;
    const matters = mayBePair(member, this.#findPrefix);
    if (matters || scope.members.length < MEMBERS) scope.members.push(member);
    if (!matters) return;
    if (!scope.matters) this.#mattering += 1;
    scope.matters = true;
    this.#writer.hold();
  }

  /** A code and a state in one text, without a place. Called before the text is written, so that it is buffered. */
  pair(carrier: Carrier, end: number): void {
    this.#addReady(carrier, end);
    this.#writer.hold();
  }

  place(text: string): void {
    const { places } = (this.#isScript ? this.#scopes[0] : this.#scopes.at(-1)) as Scope;
    if (places.length < PLACES) places.push(text);
  }

  /** The text ends, or what follows is unrelated. */
  end(): void {
    while (this.#scopes.length > 1 || this.#deeper > 0) this.close();
    this.close();
    if (this.#writer.holding) this.#release();
  }

  /** `more`: characters that will also be buffered. */
  limit(more: number): void {
    if (!this.#writer.holding || this.#writer.heldLength + more <= CONSTRUCT_LIMIT) return;
    this.#scopes.forEach((scope, index) => {
      if (this.#isPair(scope)) this.#addReady(pairCarrier(scope.members), endOf(scope), index + 1);
      else this.#noteScope(scope);
    });
    for (const { carrier, scopes, end } of this.#ready) {
      const { states, codes, hasIdToken } = carrier;
      if (end > this.#writer.position || !scopes.some(namesPlace))
        this.#note(states, codes.length > 0 || hasIdToken);
    }
    this.#ready = this.#ready.filter(({ end }) => end <= this.#writer.position);
    this.#release();
    for (const scope of this.#scopes) {
      scope.lostCode ||= scope.members.some(({ name }) => isCodeName(name));
      scope.members = [];
      scope.matters = false;
    }
    this.#mattering = 0;
  }

  #addReady(carrier: Carrier, end: number, depth = this.#scopes.length): void {
    this.#ready.push({ carrier, end, scopes: this.#scopes.slice(0, depth) });
  }

  #isPair({ members }: Scope): boolean {
    return isPair(members, this.#findPrefix);
  }

  #noteScope({ members, lostCode }: Scope): void {
    const states = members.filter(({ name }) => name === 'state').map(({ value }) => value.text);
    this.#note(states, lostCode || members.some(({ name }) => isCodeName(name)));
  }

  /** Reports a prefixed state whose target or code can no longer be determined. */
  #note(states: readonly string[], holdsCode: boolean): void {
    const state = states.find((each) => this.#findPrefix(each, 0) === 0);
    if (state !== undefined) this.#tooLarge ??= { holdsCode, state };
  }

  /** Whether no later text can belong to the buffered text. */
  #isSettled(): boolean {
    if (this.#isScript || this.#mattering > 0) return false;
    return this.#scopes.length === 1 || this.#ready.every(({ scopes }) => scopes.some(namesPlace));
  }

  #release(): void {
    this.#writer.release(this.#carriers(), this.#tooLarge);
    this.#ready = [];
    this.#tooLarge = undefined;
  }

  #carriers(): Carrier[] {
    const kind = this.postsMessage ? 'web_message' : 'pair';
    return this.#ready.map(({ carrier, scopes }) => {
      const places = scopes.flatMap((scope) =>
        scope.places.flatMap((place) => URL.parse(decodeOctets(place)) ?? []),
      );
      return { ...carrier, kind, places };
    });
  }
}

function namesPlace({ places }: Scope): boolean {
  return places.length > 0;
}

function openScope(): Scope {
  return { members: [], places: [], matters: false, lostCode: false };
}

function endOf({ members }: Scope): number {
  return Math.max(...members.map(({ value }) => value.at(value.text.length)));
}

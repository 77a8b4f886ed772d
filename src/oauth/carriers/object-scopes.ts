import type { Carrier } from './carrier.ts';
import type { FindPrefix } from './find-urls.ts';
import { isPair, isStatusWord, type Member, mayBePair, pairCarrier } from './pair.ts';
import { CONSTRUCT_LIMIT, type PieceWriter, type TooLarge } from './piece.ts';

/** One object, array, element or block that is open. */
type Scope = {
  members: Member[];
  readonly places: string[];
  /** Whether a member may belong to a response, so that the object is held. */
  matters: boolean;
  /** Whether a code has gone that stood in it. */
  lostCode: boolean;
};
/** A response whose object has ended, with the objects around it, which may name its redirect_uri. */
type Ready = { readonly members: Member[]; readonly scopes: readonly Scope[] };

const DEPTH = 64;
const PLACES = 32;
/** Characters: no redirect_uri is longer. */
export const PLACE_LENGTH = 2 * 1024;
const MEMBERS = 64;
const PLACE = /^\s*[a-z][a-z0-9+.-]{0,63}:\/?[^\s]/i;

/** Whether a text may be an absolute URL, such as a redirect_uri or an origin. */
export function isPlace(text: string): boolean {
  return text.length <= PLACE_LENGTH && PLACE.test(text);
}

/**
 * Collects what stands in one object, wherever it ends: a code and a state apart, and the URLs that the object and those
 * around it name. From the first of them on the text is held.
 */
export class ObjectScopes {
  readonly #writer: PieceWriter;
  readonly #findPrefix: FindPrefix;
  /** A script is held to its end, and all that it names counts: variables stand wherever they like. */
  readonly #isScript: boolean;
  #scopes: Scope[] = [openScope()];
  /** How many of them matter. */
  #mattering = 0;
  /** Scopes that are open beyond `DEPTH`. */
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

  /** Called when the text up to and with the end of the object was written. */
  close(): void {
    if (this.#deeper > 0) {
      this.#deeper -= 1;
      return;
    }
    const scope = this.#scopes.at(-1) as Scope;
    if (this.#isPair(scope)) this.#ready.push({ members: scope.members, scopes: [...this.#scopes] });
    else if (scope.lostCode) this.#note(scope);
    if (scope.matters) this.#mattering -= 1;
    this.#scopes.pop();
    if (this.#scopes.length === 0) this.#scopes.push({ ...openScope(), places: scope.places });
    if (this.#writer.holding && this.#isSettled()) this.#release();
  }

  /** Called before the text with this member is written, so that it is held. */
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

  place(text: string): void {
    const { places } = (this.#isScript ? this.#scopes[0] : this.#scopes.at(-1)) as Scope;
    if (places.length < PLACES) places.push(text);
  }

  /** The text ends here, or what follows has nothing to do with it. */
  end(): void {
    while (this.#scopes.length > 1 || this.#deeper > 0) this.close();
    this.close();
    if (this.#writer.holding) this.#release();
  }

  /** `more`: characters that will be held as well. */
  limit(more: number): void {
    if (!this.#writer.holding || this.#writer.heldLength + more <= CONSTRUCT_LIMIT) return;
    this.#scopes.forEach((scope, index) => {
      if (this.#isPair(scope))
        this.#ready.push({ members: scope.members, scopes: this.#scopes.slice(0, index + 1) });
      else this.#note(scope);
    });
    for (const { members, scopes } of this.#ready) if (!scopes.some(namesPlace)) this.#note({ members });
    this.#release();
    for (const scope of this.#scopes) {
      scope.lostCode ||= scope.members.some(isCode);
      scope.members = [];
      scope.matters = false;
    }
    this.#mattering = 0;
  }

  #isPair({ members }: Scope): boolean {
    return isPair(members, this.#findPrefix);
  }

  /** A prefixed state of which nobody can say any more where it goes, or with which code. */
  #note({ members, lostCode = false }: Pick<Scope, 'members'> & { readonly lostCode?: boolean }): void {
    const state = members.find(
      ({ name, value }) => name === 'state' && this.#findPrefix(value.text, 0) === 0,
    );
    if (state === undefined) return;
    this.#tooLarge ??= { holdsCode: lostCode || members.some(isCode), state: state.value.text };
  }

  /** Whether nothing that is still to come could belong to what is held. */
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
    return this.#ready.map(({ members, scopes }) =>
      pairCarrier(
        members,
        scopes.flatMap(({ places }) => places),
        kind,
      ),
    );
  }
}

function namesPlace({ places }: Scope): boolean {
  return places.length > 0;
}

function isCode({ name }: Member): boolean {
  return name === 'code' || name === 'id_token' || name === 'response';
}

function openScope(): Scope {
  return { members: [], places: [], matters: false, lostCode: false };
}

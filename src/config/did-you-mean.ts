/**
 * The known word that was probably meant: it differs in case and separators only, by at most two typing errors, or in its end
 * (`authorize` for `authorization`).
 */
export function closestWord(word: string, known: readonly string[]): string | undefined {
  if (word.length > 60) return undefined;
  const bare = bareWord(word);
  const same = known.find((candidate) => bareWord(candidate) === bare);
  if (same !== undefined) return same;
  const limit = word.length <= 4 ? 1 : 2;
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(bare, bareWord(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate ?? sameBeginning(bare, known);
}

/** The only known word that shares at least four letters, and two thirds of the word, from the beginning on. */
function sameBeginning(bare: string, known: readonly string[]): string | undefined {
  const beginning = bare.slice(0, Math.max(4, Math.ceil((bare.length * 2) / 3)));
  const [first, ...others] = known.filter((candidate) => bareWord(candidate).startsWith(beginning));
  return others.length === 0 ? first : undefined;
}

/** ` (did you mean x?)`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const closest = closestWord(word, known);
  return closest === undefined ? '' : ` (did you mean ${closest}?)`;
}

function bareWord(word: string): string {
  return word.toLowerCase().replace(/[_\s-]/g, '');
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] as number) + 1, (current[column - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}

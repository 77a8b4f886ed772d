/** The demo's output. Colours only on a terminal without NO_COLOR. */

const COLOURS = process.stdout.isTTY === true && !process.env.NO_COLOR;

function colour(code: number, text: string): string {
  return COLOURS ? `\x1b[${code}m${text}\x1b[0m` : text;
}

export const bold = (text: string): string => colour(1, text);
const dim = (text: string): string => colour(2, text);
const red = (text: string): string => colour(31, text);
const green = (text: string): string => colour(32, text);

export function heading(text: string): void {
  console.log(`\n${bold(text)}`);
}

export function say(text = ''): void {
  console.log(text === '' ? '' : `   ${text}`);
}

export function wire(text: string): void {
  console.log(`     ${dim(text)}`);
}

/** A good result for users. */
export function good(text: string): void {
  console.log(`   ${green('✓')} ${text}`);
}

/** A bad result for users. */
export function bad(text: string): void {
  console.log(`   ${red('✗')} ${text}`);
}

/** The beginning of a code or token, enough to recognise it. */
export function short(text: string): string {
  return text.length <= 12 ? text : `${text.slice(0, 8)}…`;
}

/** A URL on one line of a terminal: long values are cut. */
export function shortUrl(url: URL, names: readonly string[]): string {
  const parameters = names
    .filter((name) => url.searchParams.has(name))
    .map((name) => `${name}=${short(url.searchParams.get(name) ?? '')}`);
  return `${url.origin}${url.pathname}?${parameters.join('&')}`;
}

/**
 * A fenced block of a page. Words after the language say what the tests do with it:
 * - `yaml`: a configuration, checked; `yaml issuer`: keys of an issuer; `yaml client`: entries of `clients`, which
 *   `into=FILE` puts into the file, in place of the entries at its end.
 *   `yaml included`: a file that another one includes. Any other word: not a gateway configuration.
 * - `sh`: commands, run one after the other; `sh exit=1`: the last one must exit with 1; `sh serve`: a gateway that keeps running.
 * - `text output`: lines of the output of the commands before it; `…` stands for anything.
 * A comment `<!-- test: NAME -->` counts as a block in the language `test`: an action of users in between.
 */
export type FencedBlock = {
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
  /** Its first line, from 1. */
  readonly line: number;
};

export function readFencedBlocks(markdown: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  for (const match of markdown.matchAll(/^```([^\n`]*)\n(.*?)^```$|^<!-- (test): (\S+) -->$/gms)) {
    const [language = '', ...words] = (match[1] ?? `test ${match[4]}`).trim().split(/\s+/);
    const line = markdown.slice(0, match.index).split('\n').length;
    blocks.push({ language, words, text: match[2] ?? '', line });
  }
  return blocks;
}

/** `NAME` of a word `key=NAME`. */
export function wordOf({ words }: FencedBlock, key: string): string | undefined {
  return words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
}

/** The block as a complete configuration. */
export function completeYaml({ words, text }: FencedBlock): string {
  const indent = (by: string) => text.replace(/^(?=.)/gm, by);
  const issuer = 'issuers:\n  - name: corp\n    upstream: {url: https://idp.internal}\n';
  if (words.includes('included')) return `${issuer}include: [included.yaml]\n`;
  if (words.includes('client')) return `${issuer}    clients:\n${indent('      ')}`;
  if (words.includes('issuer'))
    return `${/^upstream:/m.test(text) ? 'issuers:\n  - name: corp\n' : issuer}${indent('    ')}`;
  return /^issuers:/m.test(text) ? text : `${text}${issuer}`;
}

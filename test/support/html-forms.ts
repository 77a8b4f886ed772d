/** A form of a page, with the values of a submission without input. */
export type Form = {
  readonly action: URL;
  readonly method: 'GET' | 'POST';
  readonly enctype: string;
  readonly fields: readonly [name: string, value: string][];
};

const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[^\s"'>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*)\s*\/?>/gi;
const ATTRIBUTE = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;
const NOT_SUBMITTED = new Set(['submit', 'button', 'image', 'reset', 'file']);

/** Reads the forms of a page: enough HTML for the login pages of the test servers. */
export function parseForms(html: string, pageUrl: URL): Form[] {
  const forms: { action: URL; method: 'GET' | 'POST'; enctype: string; fields: [string, string][] }[] = [];
  let open: (typeof forms)[number] | undefined;
  const withoutScripts = html.replace(/<!--[\s\S]*?-->|<(script|style)\b[\s\S]*?<\/\1>/gi, '');
  for (const [, closing, tagName, attributeText] of withoutScripts.matchAll(TAG)) {
    const tag = tagName?.toLowerCase();
    const attributes = parseAttributes(attributeText ?? '');
    if (tag === 'form') {
      open = undefined;
      if (closing) continue;
      open = {
        action: new URL(attributes.get('action') || pageUrl, pageUrl),
        method: attributes.get('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET',
        enctype: attributes.get('enctype') ?? 'application/x-www-form-urlencoded',
        fields: [],
      };
      forms.push(open);
    } else if (tag === 'input' && open !== undefined) {
      const name = attributes.get('name');
      const type = attributes.get('type')?.toLowerCase() ?? 'text';
      const isChoice = type === 'checkbox' || type === 'radio';
      if (name === undefined || NOT_SUBMITTED.has(type)) continue;
      if (isChoice && !attributes.has('checked')) continue;
      open.fields.push([name, attributes.get('value') ?? (isChoice ? 'on' : '')]);
    }
  }
  return forms;
}

function parseAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, double, single, bare] of text.matchAll(ATTRIBUTE)) {
    if (name !== undefined)
      attributes.set(name.toLowerCase(), decodeEntities(double ?? single ?? bare ?? ''));
  }
  return attributes;
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return NAMED[name.toLowerCase()] ?? whole;
  });
}

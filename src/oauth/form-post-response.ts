import {
  type DefaultTreeAdapterMap,
  type DefaultTreeAdapterTypes,
  defaultTreeAdapter,
  parse,
  parseFragment,
  type TreeAdapter,
} from 'parse5';
import type { ResponseChanges } from './authorization-response.ts';
import { escapeHtml } from './escape-html.ts';

type Element = DefaultTreeAdapterTypes.Element;
type Range = { readonly start: number; readonly end: number };

export type FormInput = {
  readonly name: string;
  readonly value: string;
  /** Where the tag stands in the page, and its `value` attribute if it has one. */
  readonly tag: Range;
  readonly valueAttribute: Range | undefined;
};

/** A form that posts, as a browser reads it out of a page. */
export type PostForm = {
  readonly action: string;
  readonly inputs: readonly FormInput[];
};

/**
 * A value as its server meant it: the page was read octet by octet, so that raw UTF-8 came apart. What is none, because
 * of another charset or of character references, stays as it is.
 */
export function decodeOctets(value: string): string {
  if (!/^[\u0000-\u00ff]*$/.test(value)) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** Every form of a page with `method=post`, by a real HTML parser: what it takes for a form is what a browser submits. */
export function parsePostForms(html: string): PostForm[] {
  const owners = new Map<Element, Element | null>();
  const treeAdapter: TreeAdapter<DefaultTreeAdapterMap> = {
    ...defaultTreeAdapter,
    // An input belongs to the form that is open when it comes, wherever both end up: a form in a table is left empty.
    onElementCreated: (element, { formElement }) => void owners.set(element, formElement),
  };
  const page = parse(html, { sourceCodeLocationInfo: true, treeAdapter });
  const inputs = [...elementsNamed(page, 'input')];
  return [...elementsNamed(page, 'form')].flatMap((form): PostForm[] => {
    if (attribute(form, 'method')?.toLowerCase() !== 'post') return [];
    const own = inputs.filter((input) => owners.get(input) === form);
    return [{ action: attribute(form, 'action') ?? '', inputs: own.flatMap(toInput) }];
  });
}

/** The same page with the changes made in place; `undefined` where a value does not stand there in a way that can be changed. */
export function rewriteFormPostPage(
  html: string,
  form: PostForm,
  changes: ResponseChanges,
): string | undefined {
  const edits: (Range & { readonly text: string })[] = [];
  for (const { name, value, tag, valueAttribute } of form.inputs) {
    if (name === 'state' && changes.prefix !== undefined && value.startsWith(changes.prefix)) {
      if (!changes.hadState) {
        edits.push({ ...tag, text: '' });
        continue;
      }
      if (valueAttribute === undefined) return undefined;
      const written = html.slice(valueAttribute.start, valueAttribute.end);
      const text = withoutFirst(written, changes.prefix.length);
      if (readAttribute(text) !== value.slice(changes.prefix.length)) return undefined;
      edits.push({ ...valueAttribute, text });
    } else if (name === 'code' && changes.code !== undefined) {
      if (valueAttribute === undefined) return undefined;
      edits.push({ ...valueAttribute, text: `value="${escapeHtml(changes.code)}"` });
    }
  }
  edits.sort((a, b) => b.start - a.start);
  return edits.reduce(
    (text, { start, end, text: replacement }) => text.slice(0, start) + replacement + text.slice(end),
    html,
  );
}

/** An attribute without the first characters of its value, each of which may be written as a reference. Quoted, since nothing may be left. */
function withoutFirst(written: string, count: number): string {
  const [, name = '', quote = '', value = ''] = /^([^=]*=\s*)(["']?)(.*?)\2$/s.exec(written) ?? [];
  const rest = value.replace(new RegExp(`^(?:&#?\\w+;|[^]){${count}}`), '');
  return quote === '' ? `${name}"${rest.replaceAll('"', '&#34;')}"` : name + quote + rest + quote;
}

function readAttribute(written: string): string | undefined {
  const [element] = elementsNamed(parseFragment(`<input ${written}>`), 'input');
  return element && attribute(element, 'value');
}

function toInput(element: Element): FormInput[] {
  const location = element.sourceCodeLocation;
  const name = attribute(element, 'name');
  if (name === undefined || location == null) return [];
  const value = location.attrs?.['value'];
  return [
    {
      name,
      value: attribute(element, 'value') ?? '',
      tag: { start: location.startOffset, end: location.endOffset },
      valueAttribute: value === undefined ? undefined : { start: value.startOffset, end: value.endOffset },
    },
  ];
}

function* elementsNamed(parent: DefaultTreeAdapterTypes.ParentNode, name: string): Generator<Element> {
  for (const node of parent.childNodes) {
    if (!('tagName' in node)) continue;
    if (node.tagName === name) yield node;
    yield* elementsNamed(node, name);
  }
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((candidate) => candidate.name === name)?.value;
}

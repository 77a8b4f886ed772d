import { type DefaultTreeAdapterTypes, parse } from 'parse5';
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
  const forms: PostForm[] = [];
  for (const form of elementsNamed(parse(html, { sourceCodeLocationInfo: true }), 'form')) {
    if (attribute(form, 'method')?.toLowerCase() !== 'post') continue;
    forms.push({
      action: attribute(form, 'action') ?? '',
      inputs: [...elementsNamed(form, 'input')].flatMap(toInput),
    });
  }
  return forms;
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
      const at = valueAttribute === undefined ? -1 : html.indexOf(changes.prefix, valueAttribute.start);
      if (valueAttribute === undefined || at === -1 || at >= valueAttribute.end) return undefined;
      edits.push({ start: at, end: at + changes.prefix.length, text: '' });
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

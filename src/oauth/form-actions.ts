import { type DefaultTreeAdapterTypes, parse } from 'parse5';

/** Where the forms of a page post to, as it is written; empty where a form does not say. */
export function formActions(html: string): string[] {
  const actions: string[] = [];
  const nodes: DefaultTreeAdapterTypes.Node[] = [parse(html)];
  for (const node of nodes) {
    if ('tagName' in node && node.tagName === 'form') {
      actions.push(node.attrs.find(({ name }) => name === 'action')?.value ?? '');
    }
    if ('childNodes' in node) for (const child of node.childNodes) nodes.push(child);
  }
  return actions;
}

import type { Parsed } from './scalars.ts';

/** The placeholders of an error page, written as `{{name}}`. */
const PLACEHOLDERS = ['title', 'message', 'description', 'reason', 'owner', 'request_id', 'status'];

export function parseErrorPage(template: string): Parsed<string> {
  const names = [...template.matchAll(/\{\{([^{}]*)\}\}/g)].map(([, name = '']) => name.trim());
  const unknown = [...new Set(names)].filter((name) => !PLACEHOLDERS.includes(name));
  if (unknown.length > 0) {
    const known = PLACEHOLDERS.join('}}, {{');
    return { problem: `has {{${unknown.join('}}, {{')}}}: a page can have {{${known}}}` };
  }
  return names.includes('request_id')
    ? { value: template }
    : { problem: 'has no {{request_id}}: without it, the log lines of a refused user cannot be found' };
}

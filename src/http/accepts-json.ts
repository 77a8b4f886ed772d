/** Whether an Accept header asks for JSON rather than a page: it contains the former and not the latter. */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const text = accept.toLowerCase();
  return text.includes('application/json') && !text.includes('text/html');
}

/** Whether a client that says this in Accept is better served with JSON than with a page: it names the one and not the other. */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const text = accept.toLowerCase();
  return text.includes('application/json') && !text.includes('text/html');
}

/** Where a message ends depends on these: what two readers could understand differently there is left as it came. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** What there is nothing to tidy in: nearly every head, so that it is not taken apart. */
const TIDY =
  /^HTTP\/1\.[01] (?:101|[02-9]\d\d) [^\x00-\x08\x0a-\x1f\x7f]*\r\n(?:[!#$%&'*+.^`|~\w-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)*\r\n$/;
const UNTIDY_FRAMING = /\n(?:transfer-encoding:\s*identity|content-length:[\s\S]*\ncontent-length:)/i;
const STATUS_LINE = /^(HTTP\/1\.[01]) +(\d{3})(?: (.*))?$/;
const HEADER_LINE = /^([!#$%&'*+.^`|~\w-]+)([ \t]*):(.*)$/;
// NUL, CR and LF stay refused.
const CONTROL_CHARACTERS = /[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/**
 * The head of a response (Latin-1, with its blank line) as a strict parser takes it, where nginx or Go's proxy would take it
 * as it came: lines that end in LF alone, blanks before a colon, folded lines, control characters, `Transfer-Encoding:
 * identity`, a Content-Length said twice. What is not understood goes on unchanged, for the parser to refuse.
 * `interim`: a 1xx, which nobody asked for and nobody needs.
 */
export function tidyResponseHead(head: string): string | 'interim' {
  if (TIDY.test(head) && !UNTIDY_FRAMING.test(head)) return head;
  const lines = head.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const status = STATUS_LINE.exec(lines[0] ?? '');
  if (status === null || lines.some((line) => line.includes('\r'))) return head;
  const [, version = '', code = '', reason = ''] = status;
  if (code.startsWith('1') && code !== '101') return 'interim';
  const tidied = [`${version} ${code} ${reason}`];
  let contentLength: string | undefined;
  // The last two are the blank line and what is behind its end.
  for (const line of unfold(lines.slice(1, -2))) {
    const [, name = '', blanks = '', value = ''] = HEADER_LINE.exec(line) ?? [];
    const canonical = name.toLowerCase();
    if (!FRAMING.has(canonical)) {
      tidied.push(name === '' ? line : `${name}:${value.replace(CONTROL_CHARACTERS, ' ')}`);
    } else if (blanks !== '') {
      tidied.push(line);
    } else if (canonical === 'content-length') {
      if (value.trim() !== contentLength) tidied.push(line);
      contentLength ??= value.trim();
    } else if (value.trim().toLowerCase() !== 'identity') {
      tidied.push(line);
    }
  }
  return `${tidied.join('\r\n')}\r\n\r\n`;
}

/** RFC 9112 5.2: a line that begins with a blank goes on with the one before it. */
function unfold(lines: readonly string[]): string[] {
  const unfolded: string[] = [];
  for (const line of lines) {
    const previous = unfolded.at(-1);
    const name = previous?.split(':', 1)[0]?.trim().toLowerCase() ?? '';
    if (!/^[ \t]/.test(line) || previous === undefined || FRAMING.has(name)) unfolded.push(line);
    else unfolded[unfolded.length - 1] = `${previous} ${line.trim()}`;
  }
  return unfolded;
}

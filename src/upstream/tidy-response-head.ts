/** The end of a message depends on these headers: ambiguous ones stay unchanged. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** Heads without anything to tidy, which are nearly all: they are not parsed. */
const TIDY =
  /^HTTP\/1\.[01] (?:101|[02-9]\d\d) [^\x00-\x08\x0a-\x1f\x7f]*\r\n(?:[!#$%&'*+.^`|~\w-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)*\r\n$/;
const UNTIDY_FRAMING = /\n(?:transfer-encoding:\s*identity|content-length:[\s\S]*\ncontent-length:)/i;
const STATUS_LINE = /^(HTTP\/1\.[01]) +(\d{3})(?: (.*))?$/;
const HEADER_LINE = /^([!#$%&'*+.^`|~\w-]+)([ \t]*):(.*)$/;
// NUL, CR and LF stay refused.
const CONTROL_CHARACTERS = /[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/**
 * Rewrites the head of a response (Latin-1, with its blank line) for a strict parser, if nginx or Go's proxy would accept it as
 * it is: lines that end in LF alone, spaces before a colon, folded lines, control characters, `Transfer-Encoding: identity`, a
 * repeated Content-Length. Anything else stays unchanged, and the parser refuses it. `interim`: an unrequested 1xx response.
 */
export function tidyResponseHead(head: string): string | 'interim' {
  if (isTidyHead(head)) return head;
  const lines = head.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const status = STATUS_LINE.exec(lines[0] ?? '');
  if (status === null || lines.some((line) => line.includes('\r'))) return head;
  const [, version = '', code = '', reason = ''] = status;
  if (code.startsWith('1') && code !== '101') return 'interim';
  const tidied = [`${version} ${code} ${reason}`];
  let contentLength: string | undefined;
  // The last two are the blank line and the empty rest.
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

/** Whether there is nothing to tidy in a head. */
export function isTidyHead(head: string): boolean {
  return TIDY.test(head) && !UNTIDY_FRAMING.test(head);
}

/** RFC 9112 5.2: a line that begins with a space continues the line before. */
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

import { namesParameter } from './parameter-names.ts';
import { holdsFormParameter } from './parameters.ts';

/** As browsers write it (RFC 7578 4.1). */
const CONTENT_TYPE = /^multipart\/form-data; *boundary=([\w-]{1,70})$/i;
/** What stands before the value of a field. Servers read no other name in so plain a one. */
const FIELD =
  /^\r\nContent-Disposition: form-data; name="([\w.:[\]-]{1,200})"(?:; filename="[^"\r\n]*"\r\nContent-Type: [\w.+/-]*)?\r\n\r\n/i;
const END = /^--(?:\r\n)?$/;

/**
 * Whether a body is a multipart form as browsers send it, in which no server finds a protocol parameter: a login or consent page
 * of the server itself. `text`: bytes as UTF-16 code units below 256.
 */
export function isForeignMultipart(contentType: string, text: string): boolean {
  const [, boundary] = CONTENT_TYPE.exec(contentType) ?? [];
  if (boundary === undefined || holdsFormParameter(text)) return false;
  // Any other occurrence of the boundary is in a value, where some servers also take it for a delimiter.
  const [start, ...fields] = `\r\n${text}`.split(`\r\n--${boundary}`);
  if (start !== '' || text.split(boundary).length !== fields.length + 1) return false;
  const end = fields.pop() ?? '';
  return END.test(end) && fields.every(isForeignField);
}

function isForeignField(field: string): boolean {
  const [, name] = FIELD.exec(field) ?? [];
  return name !== undefined && !namesParameter(name);
}

import { readAuthorizationResponse } from '../oauth/authorization-response.ts';
import { decodeOctets, parsePostForms } from '../oauth/form-post-response.ts';
import { decodeContent } from '../upstream/decode-content.ts';
import type { Hold, Outcome } from '../upstream/outcome.ts';
import { headerOf, type ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';
import { type Carrier, navigate, PageCarrier, RedirectCarrier, readTarget } from './response-carrier.ts';
import { followAuthorizationResponse } from './response-follower.ts';

/** Bytes. Pages that post a response are small; a login page with all its styles inline may not be. */
const PAGE_LIMIT = 128 * 1024;

/**
 * Looks at every response of the upstream, from whichever path and with whatever status, for the outcome of an
 * authorization request on its way to a client; follows it, and leaves all else alone.
 */
export function followResponse(exchange: Exchange, head: ResponseHead): Outcome | Hold | Promise<Outcome> {
  const location = headerOf(head, 'location');
  if (location !== undefined) {
    const carrier = RedirectCarrier.read(exchange, head, location);
    return carrier === undefined
      ? { pass: navigate(exchange, head) }
      : followAuthorizationResponse(exchange, carrier);
  }
  const published = navigate(exchange, head);
  if (exchange.method === 'HEAD' || !isHtml(head)) return { pass: published };
  return { hold: PAGE_LIMIT, inspect: (body, complete) => followPage(exchange, published, body, complete) };
}

function isHtml(head: ResponseHead): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(headerOf(head, 'content-type') ?? '');
}

// Cheaper than parsing every page: without an input of one of these names there is nothing to follow.
const RESPONSE_INPUT = /name\s*=\s*["']?(code|error|response|id_token|access_token)["'\s/>]/i;

function followPage(
  exchange: Exchange,
  head: ResponseHead,
  body: Buffer,
  complete: boolean,
): Outcome | Promise<Outcome> {
  const bytes = decodeContent(body, headerOf(head, 'content-encoding'), PAGE_LIMIT * 8);
  // Octet by octet: whatever the charset, what is not changed stays as it is.
  const html = bytes?.toString('latin1') ?? '';
  if (!complete || !RESPONSE_INPUT.test(html)) return { pass: head };
  const carriers = parsePostForms(html).flatMap((form): Carrier[] => {
    const target = readTarget(exchange, decodeOctets(form.action));
    const response = readAuthorizationResponse(
      target,
      form.inputs.flatMap(({ name, value }) =>
        // An empty `code` is a place to type one in, on a page of the server's own.
        value === '' && name !== 'state' ? [] : [[name, decodeOctets(value)] as const],
      ),
    );
    return response === undefined ? [] : [new PageCarrier(head, html, form, response)];
  });
  const [carrier] = carriers;
  return carrier === undefined
    ? { pass: head }
    : followAuthorizationResponse(exchange, carrier, carriers.length > 1);
}

import { type Filter, RequestWithdrawn } from '../../http/request-body.ts';
import { RedemptionSearch, redeemsInQuery, searchedFormats } from '../../oauth/redemption-search.ts';
import { parametersInCookies } from '../../upstream/parameter-cookies.ts';
import type { Exchange } from '../exchange.ts';
import { isContentEncoded } from '../message/read-message.ts';
import { isRefusedElsewhere } from './refuse-elsewhere.ts';

/** Characters of a body that are kept, to recognise parts of it in the response. */
const SENT_TEXT = 16 * 1024;

const REDEMPTION = { reason: 'path_ambiguous', detail: 'a code beside a grant_type' } as const;

/** Refuses a request whose head would redeem a code at another path than the token endpoint; `true`: it was answered. */
export function refusesHead(exchange: Exchange): boolean {
  return redeemsInHead(exchange) && isRefusedElsewhere(exchange, 'token', REDEMPTION);
}

type Head = Pick<Exchange, 'request' | 'target'>;

/** Whether the query and the cookies of a request would redeem a code. */
export function redeemsInHead(head: Head): boolean {
  return redeemsInQuery(parametersOf(head));
}

/** The parameters outside the body. */
function parametersOf({ request, target }: Head): string | undefined {
  const inCookies = parametersInCookies(request.headers.cookie);
  return inCookies === '' ? target.query : `${target.query ?? ''}&${inCookies}`;
}

/** The same for a completely read message. */
export async function refusesRedemption(exchange: Exchange): Promise<boolean> {
  if (refusesHead(exchange) || (await refusesEncodedBody(exchange))) return true;
  const found = searchOf(exchange)?.read(exchange.sentText) === true;
  return found && isRefusedElsewhere(exchange, 'token', REDEMPTION);
}

/**
 * Searches a whole body while it streams. If it would redeem a code, the upstream request is aborted before its last byte.
 * `undefined`: bodies of this type are not searched.
 */
export function redemptionFilter(exchange: Exchange): Filter | undefined {
  const search = searchOf(exchange);
  if (search === undefined) return undefined;
  let judged = false;
  return {
    read: (chunk) => {
      const text = chunk.toString('latin1');
      if (exchange.sentText.length < SENT_TEXT) exchange.sentText += text.slice(0, SENT_TEXT);
      if (!judged && search.read(text)) {
        judged = true;
        if (isRefusedElsewhere(exchange, 'token', REDEMPTION)) throw new RequestWithdrawn();
      }
      return chunk;
    },
    end: () => undefined,
  };
}

/** Refuses a content-encoded body that could hide a bare code of an enforced client from the search; `true`: it was answered. */
export async function refusesEncodedBody(exchange: Exchange): Promise<boolean> {
  const { group, services, request } = exchange;
  if (!isContentEncoded(request) || searchOf(exchange) === undefined) return false;
  const hides =
    group.enforcesBareCodes(Date.now()) || (await services.traits.isSeen('bare_code', group.key, ''));
  if (!hides) return false;
  return isRefusedElsewhere(exchange, 'token', { reason: 'content_encoding_not_allowed' });
}

function searchOf(exchange: Exchange): RedemptionSearch | undefined {
  const formats = searchedFormats(exchange.request.headers['content-type']);
  return formats.length === 0 ? undefined : new RedemptionSearch(formats, parametersOf(exchange));
}

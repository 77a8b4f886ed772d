import { Remembered } from '../../http/remembered.ts';
import { rewriteCarriers } from '../../oauth/carriers/carrier.ts';
import { type ContentFamily, contentFamily } from '../../oauth/carriers/content-family.ts';
import type { FindPrefix, Surroundings } from '../../oauth/carriers/find-urls.ts';
import { type HeaderCarriers, readHeaderCarriers } from '../../oauth/carriers/header-carriers.ts';
import { findFlowPrefix } from '../../store/flow-prefix.ts';
import type { Outcome } from '../../upstream/outcome.ts';
import { publishHead } from '../../upstream/publish-head.ts';
import { describeNoBody, headerOf, type ResponseHead } from '../../upstream/response-headers.ts';
import type { Exchange } from '../exchange.ts';
import { BodyFollower } from './body-follower.ts';
import { ResponseJudge } from './response-judge.ts';

/** How a body is read, by its content type. */
const families = new Remembered<ContentFamily | 'uninspected'>(
  (type) => contentFamily(type) ?? 'uninspected',
);

/**
 * Searches every response of the upstream, from any path and with any status, for an authorization response; follows it, and
 * leaves everything else unchanged.
 */
export function followResponse(exchange: Exchange, head: ResponseHead): Outcome | Promise<Outcome> {
  const around = new PageSurroundings(exchange);
  const carriers = readHeaderCarriers(head.headers, around);
  const judge = new ResponseJudge(exchange);
  if (carriers.length > 0) return followHeaders(head, carriers, judge, follow);
  return follow(head, false);

  function follow(changed: ResponseHead, redirected: boolean): Outcome {
    const pass = publishOrigins(exchange, changed);
    // Servers repeat the URL in the body of a redirect.
    if (redirected) return { replace: describeNoBody(pass) };
    const family = families.of(headerOf(head, 'content-type') ?? '');
    const isEmpty = exchange.method === 'HEAD' || head.status === 204 || head.status === 304;
    if (family === 'uninspected' || isEmpty) return { pass };
    const body = new BodyFollower({ exchange, head: pass, judge, family, around });
    return { pass: body.head, body };
  }
}

async function followHeaders(
  head: ResponseHead,
  found: readonly HeaderCarriers[],
  judge: ResponseJudge,
  follow: (head: ResponseHead, redirected: boolean) => Outcome,
): Promise<Outcome> {
  const headers = [...head.headers];
  let redirected = false;
  for (const { index, carriers } of found) {
    const changed = await judge.judgeAll(carriers);
    if ('withhold' in changed) {
      changed.withhold();
      return 'answered';
    }
    // With any other status a client may read the body, which is then followed.
    const isRedirect = head.status >= 300 && head.status < 400;
    redirected ||= isRedirect && changed.some(([{ kind }]) => kind === 'location');
    headers[index] = rewriteCarriers(headers[index] as string, changed);
  }
  return follow({ ...head, headers }, redirected);
}

/** The base of relative URLs is parsed when one is found. */
class PageSurroundings implements Surroundings {
  readonly #exchange: Exchange;
  readonly findPrefix: FindPrefix;
  #base: URL | undefined;

  constructor(exchange: Exchange) {
    const { key } = exchange.group;
    this.#exchange = exchange;
    this.findPrefix = (text, from) => findFlowPrefix(key, text, from)?.index ?? -1;
  }

  get base(): URL {
    const { target, publicOrigin } = this.#exchange;
    // Joined as texts: the URL parser would read a host in `//host/path`.
    this.#base ??= URL.parse(publicOrigin + target.path) ?? new URL(publicOrigin);
    return this.#base;
  }
}

const PAGES: ReadonlySet<string> = new Set(['document', 'iframe', 'frame', 'embed', 'object', 'fencedframe']);

/** Whether a browser requests a page, according to Fetch Metadata. */
export function mayBringPage({ request }: Exchange): boolean {
  const destination = request.headers['sec-fetch-dest'];
  return typeof destination === 'string' && PAGES.has(destination);
}

/** Replaces the upstream's own origins by the public one. */
export function publishOrigins({ issuer, publicOrigin }: Exchange, head: ResponseHead): ResponseHead {
  return publishHead(head, issuer.config.upstream, publicOrigin);
}

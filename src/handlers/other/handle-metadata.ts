import { limitCacheControl } from '../../http/cache-control.ts';
import { type MetadataDocument, parseMetadata, rewriteMetadata } from '../../oauth/metadata.ts';
import { issuerPathOf, metadataPathForms, parseMetadataPath } from '../../oauth/metadata-paths.ts';
import { redeemsInQuery } from '../../oauth/redemption-search.ts';
import { withoutRecords } from '../../policy/advertised-policy.ts';
import { DOCUMENT_LIMIT, decodeDocument, fetchDocument } from '../../upstream/fetch-document.ts';
import type { Outcome, Replacement } from '../../upstream/outcome.ts';
import { buildRequestHeaders } from '../../upstream/request-headers.ts';
import { headerOf, type ResponseHead } from '../../upstream/response-headers.ts';
import { UpstreamFault } from '../../upstream/upstream-fault.ts';
import type { Exchange } from '../exchange.ts';
import { answerFault } from '../refuse.ts';
import { followResponse } from '../response/follow-response.ts';
import { sendUpstream } from '../send-upstream.ts';
import { handlePassThrough } from './handle-pass-through.ts';

/** Seconds: clients should learn about a change of policy or upstream soon. */
const MAX_AGE = 60;

/** OpenID Connect Discovery 4, RFC 8414 3: the upstream's metadata, adapted for clients of the gateway. */
export async function handleMetadata(exchange: Exchange): Promise<void> {
  const { method, target, request, response, issuer, services } = exchange;
  if ((method !== 'GET' && method !== 'HEAD') || redeemsInQuery(target.query))
    return handlePassThrough(exchange);
  if (!request.readableEnded) request.resume();
  const metadata = new MetadataRequest(exchange);
  try {
    await sendUpstream(
      exchange,
      { method: 'GET', body: null, rawHeaders: metadata.rawHeaders },
      {
        settle: (head) => ({
          hold: DOCUMENT_LIMIT,
          inspect: (body, complete) => metadata.answer(head, body, complete),
        }),
      },
    );
  } catch (error) {
    const last = metadata.recall();
    if (!(error instanceof UpstreamFault) || last === undefined || response.headersSent) throw error;
    services.events.upstreamFault(issuer.name, error, exchange.requestId);
    const { replace, body } = metadata.send(last, { status: 200, statusText: 'OK', headers: [] });
    response.writeHead(replace.status, replace.statusText, replace.headers as string[]);
    response.end(body);
  }
}

/** The few headers that matter to the upstream: the document is the same for everybody, and needs no credentials. */
const FORWARDED: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'user-agent', 'x-request-id']);

class MetadataRequest {
  readonly rawHeaders: readonly string[];
  readonly #exchange: Exchange;
  readonly #host: string;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    const { request, issuer } = exchange;
    this.#host = issuer.hostFor(request.headers.host);
    const forwarded = pickHeaders(request.rawHeaders, (name) => FORWARDED.has(name));
    this.rawHeaders = [...forwarded, 'Accept', 'application/json', 'Accept-Encoding', 'identity'];
  }

  /** Decides what to do with the upstream's answer. */
  answer(head: ResponseHead, body: Buffer, complete: boolean): Outcome | Promise<Outcome> {
    const succeeded = head.status >= 200 && head.status < 300;
    const text = complete ? decodeDocument(body, headerOf(head, 'content-encoding')) : undefined;
    const document = succeeded && text !== undefined ? parseMetadata(text) : undefined;
    if (document !== undefined) return this.send(this.#keep(document), head);
    if (succeeded && text === undefined) {
      // It may be metadata with URLs that bypass the gateway.
      answerFault(this.#exchange, 502, 'the metadata of the authorization server cannot be read');
      return 'answered';
    }
    return this.#replaceMissing(head);
  }

  /** The upstream has an error or no such document: uses an earlier document, or one from a different place. */
  async #replaceMissing(head: ResponseHead): Promise<Outcome> {
    const last = head.status >= 500 ? this.recall() : undefined;
    const document = last ?? (await this.#findElsewhere());
    if (document !== undefined) return this.send(document, head);
    return followResponse(this.#exchange, head);
  }

  async #findElsewhere(): Promise<MetadataDocument | undefined> {
    const { issuer, peer, target } = this.#exchange;
    const place = parseMetadataPath(target.path);
    if (place === undefined) return undefined;
    const isOpenid = place.document === 'openid-configuration';
    if (!isOpenid && !issuer.config.metadata.oauthAuthorizationServer) return undefined;
    const openid = { ...place, document: 'openid-configuration' } as const;
    const others = new Set([...metadataPathForms(place), ...metadataPathForms(openid)]);
    // A server with one issuer may have its document at the root, even if the issuer has a path.
    const root = '/.well-known/openid-configuration';
    others.add(root).delete(target.path);
    const headers = buildRequestHeaders(this.rawHeaders, {
      peer,
      publicOrigin: this.#exchange.publicOrigin,
      host: this.#host,
      requestId: [this.#exchange.services.requestIdHeader, this.#exchange.requestId],
      body: 'as_sent',
    });
    for (const path of others) {
      const document = await this.#fetch(path, headers);
      if (document === undefined) continue;
      // RFC 8414 3.3: a client rejects the document of a different issuer.
      const isOwn =
        path !== root || place.issuerPath === '' || issuerPathOf(document['issuer']) === place.issuerPath;
      if (isOwn) return this.#keep(document);
    }
    return undefined;
  }

  async #fetch(path: string, headers: readonly string[]): Promise<MetadataDocument | undefined> {
    const { issuer, target } = this.#exchange;
    const query = target.query === undefined ? '' : `?${target.query}`;
    try {
      const { status, text } = await fetchDocument(issuer.upstream, path + query, headers);
      return status === 200 && text !== undefined ? parseMetadata(text) : undefined;
    } catch (error) {
      if (error instanceof UpstreamFault) return undefined;
      throw error;
    }
  }

  /** Kept for errors of the upstream. Not for requests with a query, because anybody can make up any number of queries. */
  #keep(document: MetadataDocument): MetadataDocument {
    const { issuer, target, publicOrigin, realm } = this.#exchange;
    issuer.learn(document, publicOrigin, realm);
    if (target.query === undefined) issuer.knowledge.documents.remember(this.#key(), document, Date.now());
    return document;
  }

  recall(): MetadataDocument | undefined {
    const { issuer, target } = this.#exchange;
    if (target.query !== undefined) return undefined;
    return issuer.knowledge.documents.recall(this.#key(), Date.now());
  }

  #key(): string {
    return `${this.#host} ${this.#exchange.target.path}`;
  }

  /** The document with the head that it arrived with. */
  send(document: MetadataDocument, head: ResponseHead): Replacement {
    const { issuer, publicOrigin, idHeaders, services } = this.#exchange;
    const advertised = issuer.advertised(Date.now());
    const facts = {
      ...(services.store.keepsRecords ? advertised : withoutRecords(advertised)),
      publicOrigin,
      upstreamHosts: this.#upstreamHosts(document),
    };
    const body = Buffer.from(JSON.stringify(rewriteMetadata(document, facts)));
    const own = {
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      'Cache-Control': limitCacheControl(headerOf(head, 'cache-control'), MAX_AGE),
      'X-Content-Type-Options': 'nosniff',
      ...idHeaders,
    };
    const headers = [...pickHeaders(head.headers, isStillCorrect), ...Object.entries(own).flat()];
    return { replace: { status: 200, statusText: 'OK', headers }, body };
  }

  /** Servers refer to themselves by their own address, by the Host header of the request, or by their issuer. */
  #upstreamHosts(document: MetadataDocument): Set<string> {
    const { issuer, publicOrigin } = this.#exchange;
    const origins = [
      issuer.config.upstream.origin,
      ...issuer.config.upstream.origins,
      publicOrigin,
      // The scheme depends on whether the server reads X-Forwarded-Proto.
      `http://${this.#host}`,
      `https://${this.#host}`,
      String(document['issuer']),
    ];
    return new Set(origins.flatMap((origin) => URL.parse(origin)?.host || []));
  }
}

/** Whether a header of the upstream is correct for the changed document too. */
function isStillCorrect(name: string): boolean {
  return name.startsWith('access-control-') || name === 'vary' || name === 'strict-transport-security';
}

function pickHeaders(headers: readonly string[], isWanted: (name: string) => boolean): string[] {
  return headers.filter((_, i) => isWanted((headers[i - (i % 2)] as string).toLowerCase()));
}

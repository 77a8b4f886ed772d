import { type JsonObject, parseJsonObject } from '../../oauth/json-object.ts';
import { StoreFault, storeFault } from '../../store/flow-store.ts';
import { decodeDocument } from '../../upstream/fetch-document.ts';
import type { Hold, Outcome } from '../../upstream/outcome.ts';
import { describeBody, headerOf, type ResponseHead } from '../../upstream/response-headers.ts';
import type { AuthorizationContext } from '../authorization/authorization-context.ts';
import { forwardRequest } from '../authorization/forward-request.ts';
import { followResponse, publishOrigins } from '../response/follow-response.ts';
import { needsOwnNames } from '../without-records.ts';
import { withoutStore } from '../without-store.ts';

/** Bytes: a request_uri and its lifetime need about a hundred. */
const ANSWER_LIMIT = 64 * 1024;

export function forwardPushedRequest(context: AuthorizationContext): Promise<'done'> {
  return forwardRequest(context, { settle: (head) => settle(context, head) });
}

/** Reads the request_uri from the upstream's response, and saves it before the client gets it. */
function settle(context: AuthorizationContext, head: ResponseHead): Outcome | Hold | Promise<Outcome> {
  const { exchange } = context;
  if (head.status !== 200 && head.status !== 201) return followResponse(exchange, head);
  const pass = publishOrigins(exchange, head);
  return {
    hold: ANSWER_LIMIT,
    inspect: async (body) => {
      const answer = parseAnswer(decodeDocument(body, headerOf(head, 'content-encoding')));
      if (answer === undefined) return { pass };
      const requestUri = await remember(context, answer);
      if (requestUri === undefined) return 'answered';
      if (requestUri === answer.requestUri) return { pass };
      const rewritten = Buffer.from(JSON.stringify({ ...answer.members, request_uri: requestUri }));
      return { replace: describeBody(pass, rewritten.length), body: rewritten };
    },
  };
}

/** The request_uri for the client; `undefined`: the client got an error response instead. */
async function remember(context: AuthorizationContext, answer: PushedAnswer): Promise<string | undefined> {
  const { exchange, client } = context;
  const { group, issuer, realm, services } = exchange;
  if (!services.store.keepsRecords && !needsOwnNames(exchange, client)) return answer.requestUri;
  const pushed = {
    issuer: issuer.name,
    realm,
    clientId: client.clientId ?? '',
    mode: client.mode === 'enforce' ? 'enforce' : 'report',
  } as const;
  const lifetime = Math.min(answer.expiresIn * 1000, client.policy.flowTtl);
  const { requestUri } = answer;
  const own = await services.store
    .savePushedRequest(group.key, requestUri, pushed, lifetime)
    .catch(storeFault);
  if (!(own instanceof StoreFault)) return own;
  return withoutStore(exchange, client) === 'done' ? undefined : requestUri;
}

/** RFC 9126 2.2. */
type PushedAnswer = {
  readonly requestUri: string;
  readonly expiresIn: number;
  readonly members: JsonObject;
};

function parseAnswer(text = ''): PushedAnswer | undefined {
  const members = parseJsonObject(text) ?? {};
  const { request_uri: requestUri, expires_in: expiresIn } = members;
  if (typeof requestUri !== 'string') return undefined;
  const isLifetime = typeof expiresIn === 'number' && expiresIn > 0;
  return { members, requestUri, expiresIn: isLifetime ? expiresIn : 60 };
}

import { StoreFault } from '../../store/flow-store.ts';
import { decodeContent } from '../../upstream/decode-content.ts';
import type { Hold, Outcome } from '../../upstream/outcome.ts';
import { headerOf, type ResponseHead } from '../../upstream/response-headers.ts';
import type { AuthorizationContext } from '../authorization/authorization-context.ts';
import { forwardRequest } from '../authorization/forward-request.ts';
import { withoutStore } from '../without-store.ts';

/** Bytes: a request_uri and its lifetime take a hundred. */
const ANSWER_LIMIT = 64 * 1024;

export function forwardPushedRequest(context: AuthorizationContext): Promise<'done'> {
  return forwardRequest(context, { settle: (head) => settle(context, head) });
}

/** Reads the request_uri out of the upstream's answer, and saves it before the client has it. */
function settle(context: AuthorizationContext, head: ResponseHead): Outcome | Hold {
  if (head.status !== 200 && head.status !== 201) return { pass: head };
  return {
    hold: ANSWER_LIMIT,
    inspect: async (body) => {
      const answer = parseAnswer(decodeContent(body, headerOf(head, 'content-encoding'), ANSWER_LIMIT));
      if (answer === undefined) return { pass: head };
      return (await remember(context, answer)) === 'answered' ? 'answered' : { pass: head };
    },
  };
}

async function remember(
  context: AuthorizationContext,
  answer: PushedAnswer,
): Promise<'answered' | undefined> {
  const { exchange, client } = context;
  const { group, issuer, realm, services } = exchange;
  const pushed = {
    issuer: issuer.name,
    realm,
    clientId: client.clientId ?? '',
    mode: client.mode === 'enforce' ? 'enforce' : 'report',
  } as const;
  const lifetime = Math.min(answer.expiresIn * 1000, client.policy.flowTtl);
  try {
    await services.store.savePushedRequest(group.key, answer.requestUri, pushed, lifetime);
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return withoutStore(exchange, client) === 'answered' ? 'answered' : undefined;
  }
}

/** RFC 9126 2.2. */
type PushedAnswer = { readonly requestUri: string; readonly expiresIn: number };

function parseAnswer(body: Buffer | undefined): PushedAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(body?.toString('utf8') ?? '');
    const { request_uri: requestUri, expires_in: expiresIn } = answer as Record<string, unknown>;
    if (typeof requestUri !== 'string') return undefined;
    return { requestUri, expiresIn: typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : 60 };
  } catch {
    return undefined;
  }
}

import { hasBody } from '../../http/read-body.ts';
import { RequestBody, RequestWithdrawn } from '../../http/request-body.ts';
import { breakOff } from '../../http/respond.ts';
import type { Exchange } from '../exchange.ts';
import { sendUpstream } from '../send-upstream.ts';
import { redemptionFilter, refusesEncodedBody, refusesHead } from './find-redemption.ts';
import { isRefusedElsewhere } from './refuse-elsewhere.ts';

/** Everything that is not an endpoint: login pages, assets, APIs. Requests stream, and only redemptions in them are stopped. */
export async function handlePassThrough(exchange: Exchange): Promise<void> {
  const { request, resembles, services } = exchange;
  if (resembles !== undefined) {
    const violation = { reason: 'path_ambiguous', detail: exchange.target.path } as const;
    if (isRefusedElsewhere(exchange, resembles, violation)) return;
    await sendUpstream(exchange, {});
    return;
  }
  if (refusesHead(exchange)) return;
  const filter = hasBody(request) ? redemptionFilter(exchange) : undefined;
  if (filter === undefined) {
    await sendUpstream(exchange, {});
    return;
  }
  if (await refusesEncodedBody(exchange)) return;
  const body = new RequestBody(request, { patience: services.bodyLimits.time, filter });
  try {
    await sendUpstream(exchange, { bodyAsSent: body });
  } catch (error) {
    if (!(error instanceof RequestWithdrawn)) throw error;
    // The refusal was sent; a response that had begun ends here.
    if (!exchange.response.writableEnded) breakOff(exchange.response);
  }
}

import { changeParameters, changeRawParameters, type ParameterChanges } from '../../oauth/change-parameters.ts';
import type { Mode } from '../../policy/mode.ts';
import type { FormText } from '../message/message.ts';
import { sendUpstream, type SendOptions } from '../send-upstream.ts';
import type { AuthorizationContext } from './authorization-context.ts';

const PKCE_PARAMETERS = ['code_challenge', 'code_challenge_method'];

export type ForwardOptions = {
  /** The mode of the flow; default: that of the client. */
  readonly mode?: Mode;
  /** In enforce: parameters that another request has settled. */
  readonly dropped?: readonly string[];
  readonly settle?: SendOptions['settle'];
};

/** Sends the request on: in enforce as it was judged, in report as it came but for its state. */
export async function forwardRequest(context: AuthorizationContext, options: ForwardOptions = {}): Promise<'done'> {
  const { exchange, message, merged, client, saved } = context;
  const enforced = (options.mode ?? exchange.flow?.flow.mode ?? client.mode) === 'enforce';
  const changes = changesOf(context, enforced ? (options.dropped ?? []) : []);
  const change = (form: FormText, holdsRequest: boolean): string => {
    const own = holdsRequest ? changes : {};
    if (!enforced || (!holdsRequest && !form.lossless)) return changeRawParameters(form.raw, own);
    return changeParameters(form.parameters, own).serialize();
  };
  const { body } = message;
  // Where both hold the request, only the body gets a state that neither has.
  const query = change(message.query, merged.inQuery && !(merged.inBody && changes.state?.whereMissing === true && !message.query.parameters.has('state')));
  const outgoing = { query: query === '' ? undefined : query };
  const send: SendOptions = { saved, savedFor: client, settle: options.settle };
  if (body === undefined) await sendUpstream(exchange, { ...outgoing, body: null }, send);
  else if (!merged.inBody) await sendUpstream(exchange, { ...outgoing, bodyAsSent: body.asSent() }, send);
  else if (enforced) await sendUpstream(exchange, { ...outgoing, body: change(body.form, true) }, send);
  else await sendUpstream(exchange, { ...outgoing, bodyAsSent: Buffer.from(change(body.form, true), 'latin1') }, send);
  return 'done';
}

/** Sends on what nobody judges, or nobody here can read. */
export async function forwardAsSent({ exchange, message }: AuthorizationContext): Promise<'done'> {
  const dropped = exchange.issuer.forwardsPkce ? undefined : new Set(PKCE_PARAMETERS);
  const query = changeRawParameters(message.query.raw, { dropped });
  await sendUpstream(exchange, { query: query === '' ? undefined : query, bodyAsSent: message.asSent() });
  return 'done';
}

function changesOf({ exchange, prefix, statePrefix }: AuthorizationContext, settled: readonly string[]): ParameterChanges {
  const { flow, issuer } = exchange;
  const pkceForwarded = flow?.flow.pkceForwarded ?? issuer.forwardsPkce;
  const dropped = new Set(pkceForwarded ? settled : [...settled, ...PKCE_PARAMETERS]);
  if (statePrefix !== undefined) {
    return { dropped, state: { remove: prefix?.prefix, add: statePrefix, whereMissing: true } };
  }
  // In place, one of the two holds the prefixed state, and the other one the client's.
  if (flow?.prefix !== undefined) return { dropped, state: { remove: undefined, add: flow.prefix, whereMissing: false } };
  return { dropped, state: prefix && { remove: prefix.prefix, add: undefined, whereMissing: false } };
}

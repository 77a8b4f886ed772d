import { changeParameters, type ParameterChanges } from '../../oauth/change-parameters.ts';
import { PKCE_PARAMETERS } from '../../oauth/pkce.ts';
import type { Mode } from '../../policy/mode.ts';
import type { FormText } from '../message/message.ts';
import { type SendOptions, sendUpstream, type UpstreamRequest } from '../send-upstream.ts';
import type { AuthorizationContext } from './authorization-context.ts';

export type ForwardOptions = {
  /** The mode of the pushed request; default: the mode of the flow, or of the client. */
  readonly mode?: Mode;
  /** In enforce: parameters that the pushed request determines. */
  readonly dropped?: readonly string[];
  /** The upstream's request_uri, if the client has one of the gateway. */
  readonly requestUri?: string | undefined;
  readonly settle?: SendOptions['settle'];
};

/** Forwards the request: in enforce as it was judged, in report unchanged except for its state. */
export async function forwardRequest(
  context: AuthorizationContext,
  options: ForwardOptions = {},
): Promise<'done'> {
  const { exchange, message, merged, client, saved } = context;
  const enforced = (options.mode ?? exchange.flow?.flow.mode ?? client.mode) === 'enforce';
  const { requestUri } = options;
  const changes = { ...changesOf(context, enforced ? (options.dropped ?? []) : []), requestUri };
  const { body } = message;
  const query = write(message.query, enforced, merged.inQuery ? changes : {}, !merged.inBody);
  const send: SendOptions = { saved, savedFor: client, settle: options.settle };
  await sendUpstream(exchange, { query, ...writeBody() }, send);
  return 'done';

  function writeBody(): Pick<UpstreamRequest, 'body' | 'bodyAsSent'> {
    if (body === undefined) return { body: null };
    if (!merged.inBody) return { bodyAsSent: message.asSent() };
    const text = write(body.form, enforced, changes, true);
    return enforced ? { body: text } : { bodyAsSent: Buffer.from(text, 'latin1') };
  }
}

/** `takesPrefix`: whether the prefix becomes the state if the request has none. Only one of query and body gets it. */
function write(form: FormText, enforced: boolean, changes: ParameterChanges, takesPrefix: boolean): string {
  // Text that cannot be decoded contains no judged parameter.
  const text = enforced && form.lossless ? form.parameters.serialize() : form.raw;
  const state = changes.state && {
    ...changes.state,
    whereMissing: changes.state.whereMissing && takesPrefix,
  };
  return changeParameters(text, { ...changes, state });
}

function changesOf(
  { exchange, merged, prefix, saved }: AuthorizationContext,
  settled: readonly string[],
): ParameterChanges {
  const { flow, issuer } = exchange;
  const pkceForwarded = flow?.flow.pkceForwarded ?? issuer.forwardsPkce;
  const dropped = new Set(pkceForwarded ? settled : [...settled, ...PKCE_PARAMETERS]);
  const isNew = saved !== undefined;
  const add = flow?.prefix;
  // With the pages of a known flow, one of query and body may have the prefixed state, and the other one the client's.
  const remove = isNew || add === undefined ? prefix?.prefix : undefined;
  const whereMissing = isNew && !merged.parameters.has('state');
  return { dropped, state: (add ?? remove) === undefined ? undefined : { remove, add, whereMissing } };
}

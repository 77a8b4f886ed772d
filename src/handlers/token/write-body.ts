import type { Parameters } from '../../oauth/parameters.ts';
import type { Message } from '../message/message.ts';
import type { UpstreamRequest } from '../send-upstream.ts';

/** Writes parameters in the format of the client's request. */
export function writeBody(
  { body }: Message,
  parameters: Parameters,
): Pick<UpstreamRequest, 'body' | 'contentType'> {
  if (body?.format !== 'json') return { body: parameters.serialize() };
  return { body: JSON.stringify(Object.fromEntries(parameters.entries)), contentType: 'application/json' };
}

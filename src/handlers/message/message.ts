import type { Buffer } from 'node:buffer';
import type { RequestBody } from '../../http/request-body.ts';
import { canonicalName, isProtocolParameter } from '../../oauth/parameter-names.ts';
import { Parameters, type ParsedParameters } from '../../oauth/parameters.ts';
import type { Violation } from '../../policy/reason.ts';

/** A text of parameters, as it came and as it reads. */
export type FormText = ParsedParameters & {
  /** Octets as UTF-16 code units below 256, `drop_parameters` gone already. */
  readonly raw: string;
};

/** The body of a POST. */
export type BodyText = {
  /** Empty where the body is no form. */
  readonly form: FormText;
  readonly isForm: boolean;
  readonly isEmpty: boolean;
  /** What a lenient server could read in a body that is no form. */
  readonly guessed: readonly (readonly [name: string, value: string])[];
  /** What is wrong with the body as such, whatever stands in it. */
  readonly problem: Violation | undefined;
  /** Whether there may be more in it than anybody here has read. */
  readonly unread: boolean;
  /** For a message that goes on as it came. */
  readonly asSent: () => RequestBody | Buffer | null;
  /** Writes changed parameters in the format in which they came. */
  readonly format: 'form' | 'json';
};

/** A request to an endpoint, read in the one way in which it is judged and forwarded. */
export type Message = {
  readonly query: FormText;
  /** `undefined`: a GET or HEAD, whose body means nothing (RFC 9110 9.3.1), or a method that no endpoint takes. */
  readonly body: BodyText | undefined;
  /** The method is neither GET, HEAD nor POST. */
  readonly otherMethod: boolean;
  readonly asSent: () => RequestBody | Buffer | null;
};

const NONE = new Parameters([]);

/** Those of the body, as they are judged; none where it has none that can be read. */
export function bodyParametersOf({ body }: Message): Parameters {
  return body?.form.parameters ?? NONE;
}

/** Everything that could name a client or a code, from query and body, however unlikely the upstream reads it. */
export function hintsOf({ query, body }: Message): (readonly [name: string, value: string])[] {
  const own = body === undefined ? [] : [...body.form.parameters.entries, ...body.guessed];
  return [...own, ...query.parameters.entries];
}

/** Whether the message may say more than `hintsOf` tells. */
export function isUnread({ query, body, otherMethod }: Message): boolean {
  return query.hidden || otherMethod || (body !== undefined && (body.unread || body.form.hidden));
}

export function problemOf({ problem, problemName }: ParsedParameters): Violation | undefined {
  return problem === undefined ? undefined : { reason: problem, detail: problemName };
}

/** The same for the text beside a request: parameters of the server's own may be whatever it likes, a captcha's `code` too. */
export function problemBesideRequest(form: ParsedParameters): Violation | undefined {
  const violation = problemOf(form);
  if (violation === undefined || form.hidden) return violation;
  const { detail } = violation;
  const decides = detail !== undefined && detail !== 'code' && isProtocolParameter(canonicalName(detail));
  return decides ? violation : undefined;
}

/** The first parameter in the query of a message whose parameters belong in its body (RFC 6749 3.2). */
export function parameterInQuery({ parameters }: FormText): string | undefined {
  return parameters.entries.find(([name]) => isProtocolParameter(canonicalName(name)))?.[0];
}

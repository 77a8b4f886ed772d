import type { Buffer } from 'node:buffer';
import type { RequestBody } from '../../http/request-body.ts';
import { namesParameter } from '../../oauth/parameter-names.ts';
import { type ParameterProblem, Parameters, type ParsedParameters } from '../../oauth/parameters.ts';
import type { Violation } from '../../policy/reason.ts';

/** Parameters as raw text and parsed. */
export type FormText = ParsedParameters & {
  /** Bytes as UTF-16 code units below 256, without `drop_parameters`. */
  readonly raw: string;
};

/** The body of a POST. */
export type BodyText = {
  /** Empty if the body is not a URL-encoded form. */
  readonly form: FormText;
  readonly isForm: boolean;
  readonly isEmpty: boolean;
  /** The parameters that a lenient server could read in a body that is not a form. */
  readonly guessed: readonly (readonly [name: string, value: string])[];
  /** A violation by the body itself, independent of its content. */
  readonly problem: Violation | undefined;
  /** Whether the body may contain more than was read. */
  readonly unread: boolean;
  /** The format of the parameters, in which changed ones are written too. */
  readonly format: 'form' | 'json';
};

/** A request to an endpoint, parsed once for judging and forwarding. */
export type Message = {
  readonly query: FormText;
  /** `undefined`: a GET or HEAD, whose body has no meaning (RFC 9110 9.3.1), or a method that no endpoint accepts. */
  readonly body: BodyText | undefined;
  /** The method is neither GET, HEAD nor POST. */
  readonly otherMethod: boolean;
  /** Whether such a method has a body, which is not read. */
  readonly otherBody: boolean;
  /** The body for a message that is forwarded unchanged, or only without some parameters. */
  readonly asSent: (dropped?: ReadonlySet<string>) => RequestBody | Buffer | null;
};

const NONE = new Parameters([]);

/** The parameters of the body that are judged; none if it has no readable ones. */
export function bodyParametersOf({ body }: Message): Parameters {
  return body?.form.parameters ?? NONE;
}

/** Everything in query and body that could name a client or a code, even if the upstream is unlikely to read it. */
export function hintsOf({ query, body }: Message): (readonly [name: string, value: string])[] {
  const own = body === undefined ? [] : [...body.form.parameters.entries, ...body.guessed];
  return [...own, ...query.parameters.entries];
}

/** Whether the message may contain more than `hintsOf` returns. */
export function isUnread({ query, body, otherBody }: Message): boolean {
  return query.hidden || otherBody || (body !== undefined && (body.unread || body.form.hidden));
}

/** A problem of text beside a request, where parameters of the server itself may have any form, including a captcha's `code`. */
export function problemBesideRequest({ problems, hidden }: ParsedParameters): Violation | undefined {
  return hidden ? problems[0] : problems.find((problem) => problem.detail !== 'code' && isDecisive(problem));
}

/** Whether a problem may change the meaning of a request: that of a parameter of the server itself does not. */
export function isDecisive({ detail }: ParameterProblem): boolean {
  return detail === undefined || namesParameter(detail);
}

/** The first parameter in the query of a message whose parameters belong in its body (RFC 6749 3.2). */
export function parameterInQuery({ parameters }: FormText): string | undefined {
  return parameters.entries.find(([name]) => namesParameter(name))?.[0];
}

/** Writes parameters in the format of the client's request. */
export function writeBody(
  { body }: Message,
  parameters: Parameters,
): { readonly body: string; readonly contentType?: string } {
  if (body?.format !== 'json') return { body: parameters.serialize() };
  return { body: JSON.stringify(Object.fromEntries(parameters.entries)), contentType: 'application/json' };
}

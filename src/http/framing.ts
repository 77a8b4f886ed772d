/** Who may show a page in a frame: the values of two headers. */
export type Framing = {
  /** Policies with nothing but `frame-ancestors`; a browser obeys all of them. */
  readonly policies: readonly string[];
  /** Values of X-Frame-Options, which browsers obey if no policy has `frame-ancestors`. */
  readonly options: readonly string[];
};

/** For a page that replaces none: nobody may. */
export const NO_FRAMING: Framing = { policies: ["frame-ancestors 'none'"], options: [] };

/** Reads it from the headers of a response, as name and value in turn (CSP 3, 4.1 and 6.4.2). */
export function framingOf(headers: readonly string[]): Framing {
  const policies: string[] = [];
  const options: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    if (name === 'x-frame-options') options.push(value);
    if (name === 'content-security-policy') policies.push(...value.split(',').flatMap(frameAncestorsOf));
  }
  return { policies, options };
}

/** The first one in a policy counts. */
function frameAncestorsOf(policy: string): string[] {
  const directives = policy.split(';').map((directive) => directive.trim());
  return directives.filter((directive) => /^frame-ancestors(?:\s|$)/i.test(directive)).slice(0, 1);
}

import type { ServerResponse } from 'node:http';

/** What a browser asks before it sends a cross-origin request that is more than a form could send (Fetch 4.8). */
export type Preflight = {
  readonly origin: string;
  readonly method: string;
  /** As requested. */
  readonly headers: string | undefined;
};

type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

export function parsePreflight(method: string | undefined, headers: RequestHeaders): Preflight | undefined {
  const { origin, 'access-control-request-method': requested } = headers;
  if (method !== 'OPTIONS' || typeof origin !== 'string' || typeof requested !== 'string') return undefined;
  const names = headers['access-control-request-headers'];
  return { origin, method: requested, headers: Array.isArray(names) ? names.join(', ') : names };
}

/** RFC 6750 3 and RFC 9449 8: a script needs these to find out why it was refused, and to continue. */
const EXPOSED = ['WWW-Authenticate', 'DPoP-Nonce', 'X-Request-Id'] as const;

/** Makes a response of the gateway itself readable to scripts of an origin. */
export function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Expose-Headers', EXPOSED.join(', '));
  response.setHeader('Vary', 'Origin');
}

/**
 * Makes an upstream response (`headers`: flat names and values) readable to scripts of `origin`; `undefined`: of no additional
 * origin. What the upstream allows stays. Credentials are allowed only if it allows them to this origin.
 */
export function mergeCorsHeaders(headers: readonly string[], origin: string | undefined): string[] {
  const cors = new CorsHeaders(headers);
  if (origin !== undefined) {
    cors.allowOrigin(origin);
    cors.add('Access-Control-Expose-Headers', EXPOSED.join(', '));
  }
  // A cache must know that the response depends on the origin (Fetch 3.3.5).
  cors.add('Vary', 'Origin');
  return cors.headers;
}

/** The same for the response to a preflight: everything requested is allowed, in addition to what the upstream allows. */
export function mergePreflightHeaders(
  headers: readonly string[],
  { origin, method, headers: names }: Preflight,
): string[] {
  const cors = new CorsHeaders(headers);
  cors.allowOrigin(origin);
  cors.add('Access-Control-Allow-Methods', method);
  if (names !== undefined && names.trim() !== '') cors.add('Access-Control-Allow-Headers', names);
  cors.add('Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');
  return cors.headers;
}

class CorsHeaders {
  readonly headers: string[];

  constructor(headers: readonly string[]) {
    this.headers = [...headers];
  }

  allowOrigin(origin: string): void {
    const allowed = this.#values('access-control-allow-origin').map((value) => value.trim());
    if (allowed.length === 1 && (allowed[0] === '*' || allowed[0] === origin)) return;
    this.#remove('access-control-allow-origin');
    this.#remove('access-control-allow-credentials');
    this.headers.push('Access-Control-Allow-Origin', origin);
  }

  /** Adds missing items to a list in an existing header. */
  add(name: string, list: string): void {
    const lower = name.toLowerCase();
    const at = this.headers.findIndex((item, index) => index % 2 === 0 && item.toLowerCase() === lower);
    if (at === -1) {
      this.headers.push(name, namesIn(list).join(', '));
      return;
    }
    const held = new Set(
      this.#values(lower)
        .flatMap(namesIn)
        .map((item) => item.toLowerCase()),
    );
    // With credentials, browsers treat `*` as a literal name; without credentials, as a wildcard.
    if (held.has('*') && lower !== 'access-control-allow-headers') return;
    const missing = namesIn(list).filter((item) => !held.has(item.toLowerCase()));
    if (missing.length === 0) return;
    this.headers[at + 1] = [this.headers[at + 1], ...missing].join(', ');
  }

  #values(lower: string): string[] {
    return this.headers.filter(
      (_, index) => index % 2 === 1 && this.headers[index - 1]?.toLowerCase() === lower,
    );
  }

  #remove(lower: string): void {
    for (let index = this.headers.length - 2; index >= 0; index -= 2) {
      if (this.headers[index]?.toLowerCase() === lower) this.headers.splice(index, 2);
    }
  }
}

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

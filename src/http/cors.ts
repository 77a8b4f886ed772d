/** What a browser asks before it sends a cross-origin request that is more than a form could send (Fetch 4.8). */
export type Preflight = {
  readonly origin: string;
  /** The names that it asks for, in lower case. */
  readonly headers: readonly string[];
};

type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

export function parsePreflight(method: string | undefined, headers: RequestHeaders): Preflight | undefined {
  const origin = headers['origin'];
  if (method !== 'OPTIONS' || typeof origin !== 'string') return undefined;
  if (headers['access-control-request-method'] === undefined) return undefined;
  return { origin, headers: listOf(headers['access-control-request-headers']) };
}

/** What clients of token, metadata and userinfo endpoints send (RFC 6749, RFC 6750, RFC 9449), and their tracing. */
const ALLOWED_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'authorization',
  'baggage',
  'cache-control',
  'content-language',
  'content-type',
  'dpop',
  'pragma',
  'traceparent',
  'tracestate',
  'x-request-id',
  'x-requested-with',
]);

/** Seconds. Browsers keep less than they are told; ten minutes is what all of them keep. */
const MAX_AGE = '600';

/** The answer to a preflight from an origin that is allowed. `methods`: as Access-Control-Allow-Methods has them. */
export function buildPreflightHeaders(preflight: Preflight, methods: string): Record<string, string> {
  const headers = preflight.headers.filter((name) => ALLOWED_HEADERS.has(name));
  return {
    'Access-Control-Allow-Origin': preflight.origin,
    'Access-Control-Allow-Methods': methods,
    ...(headers.length > 0 && { 'Access-Control-Allow-Headers': headers.join(', ') }),
    'Access-Control-Max-Age': MAX_AGE,
    Vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  };
}

/** RFC 6750 3 and RFC 9449 8: without these, a script can neither tell why it was refused nor go on. */
const EXPOSED = ['WWW-Authenticate', 'DPoP-Nonce'] as const;

/** What makes an answer readable to scripts of an origin. */
export function buildCorsHeaders(origin: string): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': EXPOSED.join(', '),
    Vary: 'Origin',
  };
}

/**
 * An answer of somebody else's (`headers`: flat names and values), made readable to scripts of an origin, whatever it
 * said before. Credentials are allowed only where it allowed them to this very origin.
 */
export function replaceCorsHeaders(headers: readonly string[], origin: string): string[] {
  const kept: string[] = [];
  const exposed = new Set<string>(EXPOSED.map((name) => name.toLowerCase()));
  const further: string[] = [];
  const vary: string[] = [];
  let allowed: string | undefined;
  let credentials = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    switch (name.toLowerCase()) {
      case 'access-control-allow-origin':
        allowed = value.trim();
        break;
      case 'access-control-allow-credentials':
        credentials = value.trim() === 'true';
        break;
      case 'access-control-expose-headers':
        further.push(...listOf(value).filter((header) => !exposed.has(header)));
        break;
      case 'vary':
        vary.push(...value.split(',').map((header) => header.trim()));
        break;
      default:
        kept.push(name, value);
    }
  }
  kept.push('Access-Control-Allow-Origin', origin);
  kept.push('Access-Control-Expose-Headers', [...EXPOSED, ...further].join(', '));
  if (credentials && allowed === origin) kept.push('Access-Control-Allow-Credentials', 'true');
  const others = vary.filter((header) => header !== '' && header.toLowerCase() !== 'origin');
  kept.push('Vary', ['Origin', ...others].join(', '));
  return kept;
}

function listOf(value: string | string[] | undefined): string[] {
  return (Array.isArray(value) ? value.join() : (value ?? ''))
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter(Boolean);
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Listener, listen } from '../listener.ts';
import { handleAuthorization, handlePushed } from './sloppy/authorization.ts';
import {
  type Laxity,
  type SloppyExchange,
  type SloppyState,
  sendJson,
  USUAL_LAXITY,
} from './sloppy/exchange.ts';
import { LenientParameters, readLenientEntries } from './sloppy/lenient-parameters.ts';
import { overridesOf, readLenientTarget } from './sloppy/lenient-path.ts';
import { handleToken } from './sloppy/token.ts';

export type { Laxity } from './sloppy/exchange.ts';

/** A received request, and the valid codes that it brought to the token handler. */
export type Observed = {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly redeemable: readonly string[];
};

export type SloppyServer = Listener & {
  readonly laxity: Laxity;
  /** Every issued code. */
  readonly codes: ReadonlySet<string>;
  /** The valid codes that reached the token handler, in any request. */
  readonly redeemable: readonly string[];
  /** The received states, in order. */
  readonly states: readonly (string | undefined)[];
  /** The number of issued tokens. */
  readonly issued: number;
  /** Resets it. */
  reset(): void;
};

/**
 * An authorization server with every tolerance of real servers, all at once: a request that any of them would read as a
 * redemption or an authorization is one here.
 */
export async function startSloppyServer(observe?: (observed: Observed) => void): Promise<SloppyServer> {
  const state: SloppyState = {
    laxity: { ...USUAL_LAXITY },
    codes: new Set(),
    pushed: new Map(),
    states: [],
    redeemable: [],
    issued: 0,
  };
  const server = createServer(
    { insecureHTTPParser: true, maxHeaderSize: 256 * 1024 },
    (request, response) => {
      void handle(request, response, state, listener.url, observe);
    },
  );
  const listener = await listen(server);
  return {
    ...listener,
    laxity: state.laxity,
    codes: state.codes,
    states: state.states,
    redeemable: state.redeemable,
    get issued() {
      return state.issued;
    },
    reset: () => void Object.assign(state.laxity, USUAL_LAXITY),
  };
}

const HANDLERS: readonly (readonly [path: string, handler: (exchange: SloppyExchange) => void])[] = [
  ['/oauth2/token', handleToken],
  ['/oauth2/authorize', handleAuthorization],
  ['/oauth2/par', handlePushed],
];

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  state: SloppyState,
  origin: string,
  observe: ((observed: Observed) => void) | undefined,
): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // An aborted request does not count.
    return;
  }
  const body = Buffer.concat(chunks);
  const reached = state.redeemable.length;
  answer(request, body, response, state, origin);
  observe?.({ request, body, redeemable: state.redeemable.slice(reached) });
}

function answer(
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  state: SloppyState,
  origin: string,
): void {
  const { path, query } = readLenientTarget(request);
  // Text after the path is its path info, or (Rails) the requested format.
  const found = HANDLERS.find(
    ([at]) => path === at || path.startsWith(`${at}/`) || path.startsWith(`${at}.`),
  );
  if (found === undefined) {
    sendJson(response, 404, { error: 'not_found' });
    return;
  }
  const [at, handler] = found;
  if (state.laxity.pathVariants === 'redirected' && request.url?.split('?')[0] !== at) {
    response.writeHead(308, { location: `${origin}${at}${query === '' ? '' : `?${query}`}` }).end();
    return;
  }
  const entries = readLenientEntries(request, query, body);
  const parameters = new LenientParameters(entries, state.laxity.duplicates);
  const override =
    overridesOf(request.headers, /^x[-_](http[-_])?method([-_]override)?$/)[0] ?? parameters.get('_method');
  const method = (override ?? request.method ?? '').toUpperCase();
  handler({ method, parameters, response, state });
}

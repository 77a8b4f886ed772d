import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FlowStore, StoreFault } from '../flow/flow-store.ts';
import { METRICS_CONTENT_TYPE } from '../telemetry/metrics.ts';
import type { ActivityReader } from './activity-reader.ts';
import { AdminHosts } from './admin-hosts.ts';
import { clientJson } from './client-json.ts';
import type { ConfigHistory } from './config-history.ts';
import { parseClientQuery } from './status/client-query.ts';
import { STATUS_ICON } from './status/status-icon.ts';
import { renderStatusPage } from './status/status-page.ts';
import { STATUS_SCRIPT } from './status/status-script.ts';
import { STATUS_STYLE } from './status/status-style.ts';
import { UpstreamWatch } from './upstream-watch.ts';

/** What the admin listener needs to know. */
export type AdminServices = {
  readonly store: FlowStore;
  readonly activity: ActivityReader;
  readonly history: ConfigHistory;
  readonly version: string;
  /** All metrics, as Prometheus reads them. */
  readonly readMetrics: () => Promise<string>;
  /** Why new requests should go elsewhere, beside the store; `undefined`: they need not. */
  readonly notReady: () => string | undefined;
  /** Told of what should not have happened. */
  readonly onError: (error: unknown) => void;
};

/** Answers the admin listener: for operators and their tools, never on the public one. Nothing here changes anything. */
export class AdminHandler {
  readonly #services: AdminServices;
  readonly #hosts: AdminHosts;
  readonly #upstreams = new UpstreamWatch();
  readonly #startedAt = Date.now();

  constructor(services: AdminServices) {
    this.#services = services;
    this.#hosts = new AdminHosts(services.history.config.admin.hosts);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      // An operator's page must never end the process that logs people in.
      this.#services.onError(error);
      if (response.headersSent) response.destroy();
      else answer(response, 500, 'text/plain', 'something went wrong here; see the log\n');
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#hosts.allow(request)) {
      return answer(response, 421, 'text/plain', 'not by this name: see admin.hosts of the configuration\n');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return answer(response, 405, 'text/plain', 'only GET and HEAD\n', { Allow: 'GET, HEAD' });
    }
    const [path, query = ''] = (request.url ?? '').split('?', 2);
    switch (path) {
      case '/':
        return answer(response, 200, 'text/html; charset=utf-8', await this.#statusPage(query));
      case '/status.css':
        return answer(response, 200, 'text/css; charset=utf-8', STATUS_STYLE);
      case '/status.js':
        return answer(response, 200, 'text/javascript; charset=utf-8', STATUS_SCRIPT);
      case '/status.svg':
        return answer(response, 200, 'image/svg+xml', STATUS_ICON);
      case '/api/clients':
        return this.#answerClients(response);
      case '/metrics':
        return answer(response, 200, METRICS_CONTENT_TYPE, await this.#services.readMetrics());
      case '/healthz':
        return answer(response, 200, 'text/plain', 'ok\n');
      case '/readyz': {
        const problem = await this.#readinessProblem();
        return answer(response, problem === undefined ? 200 : 503, 'text/plain', `${problem ?? 'ok'}\n`);
      }
      default:
        return answer(
          response,
          404,
          'text/plain',
          'there is /, /api/clients, /metrics, /healthz and /readyz\n',
        );
    }
  }

  async #statusPage(query: string): Promise<string> {
    const { activity, history, version } = this.#services;
    const { config, loads } = history;
    const [notReady, upstreams, readingFault] = await Promise.all([
      this.#readinessProblem(),
      this.#upstreams.look(config.issuers),
      activity.read().then(() => undefined, storeFaultText),
    ]);
    return renderStatusPage({
      now: Date.now(),
      version,
      startedAt: this.#startedAt,
      config,
      loads,
      notReady,
      upstreams,
      reading: activity.last,
      readingFault,
      query: parseClientQuery(query),
    });
  }

  async #answerClients(response: ServerResponse): Promise<void> {
    try {
      const { report } = await this.#services.activity.read();
      const body = `${JSON.stringify({ clients: report.clients.map(clientJson) })}\n`;
      answer(response, 200, 'application/json', body);
    } catch (error) {
      const description = `the store is away: ${storeFaultText(error)}`;
      const body = { error: 'temporarily_unavailable', error_description: description };
      answer(response, 503, 'application/json', `${JSON.stringify(body)}\n`, { 'Retry-After': '5' });
    }
  }

  async #readinessProblem(): Promise<string | undefined> {
    const problem = this.#services.notReady();
    if (problem !== undefined) return problem;
    try {
      await this.#services.store.ping();
      return undefined;
    } catch {
      return 'store unreachable';
    }
  }
}

function storeFaultText(error: unknown): string {
  if (!(error instanceof StoreFault)) throw error;
  return error.message;
}

function answer(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  extra: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    ...extra,
  });
  response.end(body);
}

/** Its own stylesheet, script and icon, and its own pages for the script to read. Nothing inline, nothing from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

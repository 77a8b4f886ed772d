import type { IncomingMessage, ServerResponse } from 'node:http';
import { startOfPeriod } from '../activity/activity-store.ts';
import { type FlowStore, StoreFault } from '../store/flow-store.ts';
import { METRICS_CONTENT_TYPE } from '../telemetry/metrics.ts';
import type { ActivityReader } from './activity-reader.ts';
import { acceptsHost } from './admin-hosts.ts';
import { carriesToken } from './admin-token.ts';
import { type Answer, sendAnswer, textAnswer } from './answer.ts';
import { clientJson } from './client-json.ts';
import type { ConfigHistory } from './config-history.ts';
import { ASSETS } from './status/assets.ts';
import { parseClientQuery } from './status/client-query.ts';
import { renderRequestPage } from './status/refusals.ts';
import type { StatusFacts } from './status/status-facts.ts';
import { renderStatusPage } from './status/status-page.ts';
import { UpstreamWatch } from './upstream-watch.ts';

export type AdminServices = {
  readonly store: FlowStore;
  readonly activity: ActivityReader;
  readonly history: ConfigHistory;
  readonly version: string;
  /** All metrics in the Prometheus text format. */
  readonly readMetrics: () => Promise<string>;
  /** Why load balancers should not send requests here, apart from the store; `undefined`: no reason. */
  readonly notReady: () => string | undefined;
  readonly onError: (error: unknown) => void;
};

/** Answers requests of the admin listener, which operators and their tools use. All of it is read-only. */
export class AdminHandler {
  readonly #services: AdminServices;
  readonly #upstreams = new UpstreamWatch();
  readonly #startedAt = Date.now();

  constructor(services: AdminServices) {
    this.#services = services;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      sendAnswer(response, await this.#answer(request));
    } catch (error) {
      // An error on an operator's page must never end the process that handles logins.
      this.#services.onError(error);
      if (response.headersSent) response.destroy();
      else sendAnswer(response, textAnswer(500, 'Internal error. The log has the details.'));
    }
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { hosts, token } = this.#services.history.config.admin;
    if (!acceptsHost(request, hosts)) {
      return textAnswer(421, 'This host name is not among `admin.hosts` of the configuration.');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { ...textAnswer(405, 'Only GET and HEAD are allowed.'), headers: { Allow: 'GET, HEAD' } };
    }
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    if (path === '/healthz') return textAnswer(200, 'ok');
    if (path === '/readyz') return this.#readiness();
    if (token !== undefined && !carriesToken(request.headers.authorization, token)) {
      const wanted = { 'WWW-Authenticate': 'Basic realm="pkce-gateway", charset="UTF-8", Bearer' };
      return {
        ...textAnswer(401, 'Send `admin.token`: as a Bearer token, or as the password.'),
        headers: wanted,
      };
    }
    const asset = ASSETS.get(path);
    if (asset !== undefined) return { status: 200, ...asset };
    switch (path) {
      case '/':
        return page(renderStatusPage(await this.#facts(), parseClientQuery(query)));
      case '/client':
        return this.#clientPage(new URLSearchParams(query));
      case '/request':
        return this.#requestPage(new URLSearchParams(query));
      case '/api/clients':
        return this.#clients();
      case '/metrics':
        return { status: 200, contentType: METRICS_CONTENT_TYPE, body: await this.#services.readMetrics() };
      default:
        return textAnswer(404, 'Not found. Try /, /api/clients, /metrics, /healthz or /readyz.');
    }
  }

  async #readiness(): Promise<Answer> {
    const problems = await this.#problems();
    return problems.length === 0
      ? textAnswer(200, 'ok')
      : textAnswer(503, problems.map((problem) => `not ready: ${problem}`).join('\n'));
  }

  async #clientPage(query: URLSearchParams): Promise<Answer> {
    const facts = await this.#facts();
    const [issuer, name] = [query.get('issuer'), query.get('client')];
    const client = facts.clients.find((one) => one.issuer === issuer && one.client === name);
    if (client === undefined) return textAnswer(404, 'No such client.');
    // With it comes the schema of all settings.
    const { renderClientPage } = await import('./status/client-page.ts');
    return page(renderClientPage(facts, client, await this.#refusals()));
  }

  async #requestPage(query: URLSearchParams): Promise<Answer> {
    const id = (query.get('id') ?? '').trim().slice(0, 200);
    return page(renderRequestPage(await this.#facts(), id, await this.#refusals()));
  }

  /** `undefined`: the store is unreachable. */
  async #refusals() {
    return this.#services.activity.refusals().catch((error) => void storeFaultText(error));
  }

  async #facts(): Promise<StatusFacts> {
    const { activity, history, version } = this.#services;
    const { config, loads } = history;
    const [problems, upstreams, readingFault] = await Promise.all([
      this.#problems(),
      this.#upstreams.look(config.issuers),
      activity.read().then(() => undefined, storeFaultText),
    ]);
    const now = Date.now();
    const reading = activity.last;
    return {
      now,
      version,
      startedAt: this.#startedAt,
      config,
      loads,
      problems,
      upstreams,
      clients: reading?.report.clients ?? (await activity.withoutStore(now)),
      reading,
      readingFault,
    };
  }

  async #clients(): Promise<Answer> {
    const contentType = 'application/json';
    try {
      const { report } = await this.#services.activity.read();
      const counted = { counted_since: this.#countedSince(), clients: report.clients.map(clientJson) };
      const body = `${JSON.stringify(counted)}\n`;
      return { status: 200, contentType, body };
    } catch (error) {
      const description = `the store is unreachable: ${storeFaultText(error)}`;
      const body = `${JSON.stringify({ error: 'temporarily_unavailable', error_description: description })}\n`;
      return { status: 503, contentType, body };
    }
  }

  /** When the counts began, as ISO 8601: Redis has those of every replica, any other store those of this process. */
  #countedSince(): string {
    const period = startOfPeriod(Date.now());
    const isShared = this.#services.history.config.store.kind === 'redis';
    return new Date(isShared ? period : Math.max(period, this.#startedAt)).toISOString();
  }

  async #problems(): Promise<string[]> {
    const problem = this.#services.notReady();
    const store = await this.#services.store.ping().then(() => undefined, storeFaultText);
    return [problem, store && `the store is unreachable: ${store}`].filter((text) => text !== undefined);
  }
}

function storeFaultText(error: unknown): string {
  if (!(error instanceof StoreFault)) throw error;
  return error.message;
}

function page(body: string): Answer {
  return { status: 200, contentType: 'text/html; charset=utf-8', body };
}

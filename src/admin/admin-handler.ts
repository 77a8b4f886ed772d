import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FlowStore, StoreFault } from '../flow/flow-store.ts';
import { METRICS_CONTENT_TYPE } from '../telemetry/metrics.ts';
import { clientJson } from './client-json.ts';
import type { InventoryReader } from './inventory-reader.ts';

/** What the admin listener needs to know. */
export type AdminServices = {
  readonly store: FlowStore;
  readonly inventory: InventoryReader;
  /** All metrics, as Prometheus reads them. */
  readonly readMetrics: () => Promise<string>;
  /** Why new requests should go elsewhere, beside the store; `undefined`: they need not. */
  readonly notReady: () => string | undefined;
};

/** Answers the admin listener: for operators and their tools, never on the public one. Nothing here changes anything. */
export class AdminHandler {
  readonly #services: AdminServices;

  constructor(services: AdminServices) {
    this.#services = services;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'text/plain', 'only GET and HEAD\n', { Allow: 'GET, HEAD' });
      return;
    }
    switch ((request.url ?? '').split('?', 1)[0]) {
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
        return answer(response, 404, 'text/plain', 'there is /api/clients, /metrics, /healthz and /readyz\n');
    }
  }

  async #answerClients(response: ServerResponse): Promise<void> {
    try {
      const { report } = await this.#services.inventory.read();
      const body = `${JSON.stringify({ clients: report.clients.map(clientJson) })}\n`;
      answer(response, 200, 'application/json', body);
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
      const body = {
        error: 'temporarily_unavailable',
        error_description: `the store is away: ${error.message}`,
      };
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
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...extra,
  });
  response.end(body);
}

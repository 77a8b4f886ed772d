import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FlowStore } from '../flow/flow-store.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What the admin listener needs to know. */
export type AdminServices = {
  readonly metrics: Metrics;
  readonly store: FlowStore;
  /** Whether the gateway is on its way out, and new requests should go elsewhere. */
  readonly isDraining: () => boolean;
};

/** Answers the admin listener: for operators and their tools, never on the public one. */
export class AdminHandler {
  readonly #services: AdminServices;

  constructor(services: AdminServices) {
    this.#services = services;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'text/plain', 'only GET and HEAD\n');
      return;
    }
    switch ((request.url ?? '').split('?', 1)[0]) {
      case '/metrics': {
        const { registry } = this.#services.metrics;
        return answer(response, 200, registry.contentType, await registry.metrics());
      }
      case '/healthz':
        return answer(response, 200, 'text/plain', 'ok\n');
      case '/readyz': {
        const problem = await this.#readinessProblem();
        return answer(response, problem === undefined ? 200 : 503, 'text/plain', `${problem ?? 'ok'}\n`);
      }
      default:
        return answer(response, 404, 'text/plain', 'there is /metrics, /healthz and /readyz\n');
    }
  }

  async #readinessProblem(): Promise<string | undefined> {
    if (this.#services.isDraining()) return 'draining';
    try {
      await this.#services.store.ping();
      return undefined;
    } catch {
      return 'store unreachable';
    }
  }
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

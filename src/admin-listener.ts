import type { AdminHandler } from './admin/admin-handler.ts';
import type { Config } from './config/config.ts';
import { Listener } from './http/listener.ts';

/** The listener for operators, sized for a handful of users and scrapers. */
export function createAdminListener({ admin, listen }: Config, handler: AdminHandler): Listener {
  return new Listener({
    address: admin.address,
    tls: admin.tls,
    headerTimeout: listen.limits.headerTimeout,
    keepAlive: listen.keepAlive,
    connections: 100,
    onRequest: (request, response) => void handler.handle(request, response),
  });
}

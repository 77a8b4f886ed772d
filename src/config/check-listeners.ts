import type { Address } from './config.ts';
import type { Findings } from './findings.ts';
import type { FileConfig } from './schema/gateway.ts';
import { valueAt } from './schema-walk.ts';
import type { ValidPart } from './valid-part.ts';

const ANY_HOST = new Set(['0.0.0.0', '::']);

export function checkListeners(
  { listen, admin }: ValidPart<FileConfig>,
  raw: unknown,
  findings: Findings,
): void {
  if (listen?.address === undefined || admin?.address === undefined) return;
  if (!collide(listen.address, admin.address)) return;
  const adminPath = ['admin', 'address'];
  if (valueAt(raw, adminPath) !== undefined) {
    findings.problem(adminPath, 'must be another address than listen.address');
  } else {
    findings.problem(['listen', 'address'], 'must be another address than admin.address');
  }
}

function collide(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || ANY_HOST.has(a.host) || ANY_HOST.has(b.host);
}

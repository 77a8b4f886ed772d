import type { Address, FileSettings } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { Draft } from './settings.ts';
import { nodeAt, type YamlNode } from './yaml-tree.ts';

const ANY_HOST = new Set(['0.0.0.0', '::']);

export function checkListeners(
  { listen, admin }: Draft<FileSettings>,
  root: YamlNode,
  diagnostics: Diagnostics,
): void {
  const [first, second] = [listen?.address as Address | undefined, admin?.address as Address | undefined];
  if (first === undefined || second === undefined || !collide(first, second)) return;
  if (nodeAt(root, ['admin', 'address']) !== undefined) {
    diagnostics.problem(['admin', 'address'], 'must be different from listen.address');
  } else {
    diagnostics.problem(['listen', 'address'], 'must be different from admin.address');
  }
}

function collide(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || ANY_HOST.has(a.host) || ANY_HOST.has(b.host);
}

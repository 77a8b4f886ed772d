import { checkIssuers } from './check-issuers.ts';
import { checkListeners } from './check-listeners.ts';
import { checkStore } from './check-store.ts';
import { checkTls } from './check-tls.ts';
import type { FileSettings } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { Draft } from './settings.ts';
import type { YamlNode } from './yaml-tree.ts';

/** Checks that compare values with each other; invalid values are skipped. */
export function checkSettings(draft: Draft<FileSettings>, root: YamlNode, diagnostics: Diagnostics): void {
  checkListeners(draft, root, diagnostics);
  checkTls(draft, diagnostics);
  checkStore(draft, root, diagnostics);
  checkIssuers(draft, root, diagnostics);
}

import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { Stage, type StageOptions } from './stage.ts';

/** A stage that also writes an audit stream. */
export type AuditedStage = Stage & { readonly audit: string };

export async function openAudited(options: StageOptions = {}): Promise<AuditedStage> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'pkce-gateway-audit-'));
  const audit = join(directory.path, 'audit.jsonl');
  const stage = await Stage.open({ ...options, top: `${options.top ?? ''}\naudit: {destination: ${audit}}` });
  return Object.assign(stage, {
    audit,
    async [Symbol.asyncDispose]() {
      await Stage.prototype[Symbol.asyncDispose].call(stage);
      await directory.remove();
    },
  });
}

/** No secret that was seen on the wire is in log, audit stream, metrics or these bodies of the gateway's own. */
export async function expectNoLeaks(stage: AuditedStage, ownBodies: readonly string[]): Promise<void> {
  expect(stage.secrets.values.length).toBeGreaterThan(2);
  const { text } = await stage.gateway.metrics();
  const places = [
    ['/metrics', text],
    ...stage.gateway.logLines.map((line) => [`log: ${line.event}`, JSON.stringify(line)] as const),
    ...(await auditLines(stage)).map((line) => ['audit', line] as const),
    ...ownBodies.map((body) => ['a body', body] as const),
  ] as const;
  const leaks = places.map(([where, written]) => ({ where, secrets: stage.secrets.foundIn(written) }));
  expect(leaks.filter(({ secrets }) => secrets.length > 0)).toEqual([]);
}

/** Its lines, after there is one for each violation in the log. */
async function auditLines(stage: AuditedStage): Promise<string[]> {
  const violations = stage.logLines('refusal').length + stage.logLines('report_only_violation').length;
  return vi.waitFor(async () => {
    const lines = (await readFile(stage.audit, 'utf8')).split('\n').slice(0, -1);
    expect(lines).toHaveLength(violations);
    return lines;
  }, 10_000);
}

import { checkIssuers } from './check-issuers.ts';
import { checkListeners } from './check-listeners.ts';
import { checkStore } from './check-store.ts';
import type { Findings } from './findings.ts';
import { parseWith } from './parse-with.ts';
import { reportIssues } from './report-issues.ts';
import { type FileConfig, gatewaySchema } from './schema/gateway.ts';
import { type ValidPart, validPart } from './valid-part.ts';

export type Validated = {
  /** `undefined` where the schema has been broken. Other problems are among the findings only. */
  readonly file: FileConfig | undefined;
  readonly valid: ValidPart<FileConfig>;
};

/** First each value by itself, then the values among each other, as far as they are valid. */
export function validateConfig(raw: unknown, findings: Findings): Validated {
  const parsed = parseWith(gatewaySchema, raw);
  if (!parsed.success) reportIssues(parsed.issues, { schema: gatewaySchema, raw }, findings);
  const valid = parsed.success ? (parsed.data as ValidPart<FileConfig>) : validPart(gatewaySchema, raw);
  if (valid !== undefined) {
    checkListeners(valid, raw, findings);
    checkStore(valid, raw, findings);
    checkIssuers(valid, raw, findings);
  }
  return { file: parsed.success ? parsed.data : undefined, valid: valid ?? {} };
}

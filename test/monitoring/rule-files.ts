import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export type AlertingRule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

const pathOf = (name: string) =>
  fileURLToPath(new URL(`../../config/prometheus/${name}.rules.yaml`, import.meta.url));

export const RULE_FILES: readonly string[] = [pathOf('recording'), pathOf('alerting')];
export const ALERTS = rulesOf<AlertingRule>(pathOf('alerting'));

function rulesOf<Rule>(file: string): readonly Rule[] {
  const { groups } = parse(readFileSync(file, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

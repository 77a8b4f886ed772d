import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { requireTool, runTool } from '../support/test-tool.ts';
import { ALERTS, RULE_FILES } from './rule-files.ts';

type RuleTest = {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts?: readonly unknown[];
  }[];
};

const directory = fileURLToPath(new URL('rules/', import.meta.url));
const suites = readdirSync(directory).map((name) => {
  const { tests } = parse(readFileSync(directory + name, 'utf8')) as { tests: readonly RuleTest[] };
  return { name, checks: tests.flatMap(({ alert_rule_test }) => alert_rule_test) };
});

test('promtool accepts every rule', async () => {
  const { exitCode, stderr } = await runTool(requireTool('promtool'), [
    'check',
    'rules',
    '--lint-fatal',
    ...RULE_FILES,
  ]);
  expect(exitCode, stderr).toBe(0);
});

test.each(suites)('$name', async ({ name }) => {
  const { exitCode, stdout, stderr } = await runTool(
    requireTool('promtool'),
    ['test', 'rules', name],
    directory,
  );
  expect(exitCode, stdout + stderr).toBe(0);
});

describe.each(ALERTS)('$alert', ({ alert, labels, annotations }) => {
  const checks = suites.flatMap(({ checks }) => checks).filter(({ alertname }) => alertname === alert);

  test('has tests that it fires, and that it does not', () => {
    expect(checks.some(({ exp_alerts = [] }) => exp_alerts.length > 0)).toBe(true);
    expect(checks.some(({ exp_alerts = [] }) => exp_alerts.length === 0)).toBe(true);
  });

  test('has severity, summary and runbook', () => {
    expect(labels.severity).toMatch(/^(critical|warning)$/);
    expect(annotations.summary).not.toBe('');
    expect(annotations.description).not.toBe('');
    expect(annotations.runbook_url).toBe(`docs/operations/monitoring.md#${alert.toLowerCase()}`);
    const runbook = readFileSync(new URL('../../docs/operations/monitoring.md', import.meta.url), 'utf8');
    expect(runbook).toMatch(new RegExp(`^#{2,4} ${alert}$`, 'm'));
  });
});

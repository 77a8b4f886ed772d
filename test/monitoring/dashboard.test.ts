import { expect, test } from 'vitest';
import { DASHBOARD, PANEL_QUERIES } from './dashboard-panels.ts';

const panels = DASHBOARD.panels.filter(({ type }) => type !== 'row');

test('has its questions in order', () => {
  const rows = DASHBOARD.panels.filter(({ type }) => type === 'row');
  expect(rows.map(({ title }) => title)).toEqual([
    'Is login healthy?',
    'Which clients are refused, and why?',
    'Which clients are not ready?',
    'Is someone attacking?',
    'What does the gateway cost?',
  ]);
});

test('every panel has a unit and a description', () => {
  expect(panels.length).toBeGreaterThan(20);
  for (const { title, description, fieldConfig } of panels) {
    expect(description, title).toMatch(/.{20}/);
    expect(fieldConfig?.defaults.unit, title).toMatch(/^(short|reqps|percentunit|s|bytes)$/);
  }
});

test('every variable is known to Grafana', () => {
  const known = new Set(DASHBOARD.templating.list.map(({ name }) => name));
  expect([...known]).toEqual(['datasource', 'job', 'issuer', 'client']);
  expect(PANEL_QUERIES.filter(({ expr }) => expr.includes('$'))).toEqual([]);
});

test('no two panels overlap', () => {
  const taken = new Set<string>();
  for (const { title, gridPos } of DASHBOARD.panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(taken, title).not.toContain(`${x},${y}`);
        taken.add(`${x},${y}`);
      }
    }
  }
});

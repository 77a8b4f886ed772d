import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { buildJsonSchema, type SchemaNode } from '../../../scripts/config-docs/json-schema.ts';
import { renderReference } from '../../../scripts/config-docs/reference.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

it('equals the file in the repository', async () => {
  expect(await readFile(join(root, 'docs/configuration.md'), 'utf8')).toBe(renderReference());
  expect(JSON.parse(await readFile(join(root, 'config/gateway.schema.json'), 'utf8'))).toEqual(
    buildJsonSchema(),
  );
});

it('is reported by name if it differs', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'pkce-gateway-docs-'));
  try {
    for (const folder of ['src', 'scripts', 'config', 'docs', 'charts', 'package.json']) {
      await cp(join(root, folder), join(copy, folder), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const check = () =>
      promisify(execFile)(process.execPath, ['scripts/generate-docs.ts', '--check'], { cwd: copy });
    await check();
    await writeFile(join(copy, 'docs/configuration.md'), 'old');
    await expect(check()).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^docs\/configuration\.md has drifted/m),
    });
  } finally {
    await rm(copy, { recursive: true });
  }
});

it('explains every key', () => {
  const undescribed: string[] = [];
  const visit = (node: SchemaNode, path: string) => {
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      if (child.description === undefined) undescribed.push(`${path}.${key}`);
      visit(child, `${path}.${key}`);
    }
    for (const child of [node.items, ...(node.anyOf ?? [])]) if (child !== undefined) visit(child, path);
  };
  const { $defs, ...schema } = buildJsonSchema();
  visit(schema, '');
  visit($defs?.client_policy ?? {}, 'policy');
  expect(undescribed).toEqual([]);
  expect(renderReference()).toContain(
    '| `issuers[].upstream.timeouts.connect` | duration, 10ms to 5m | `2s` |',
  );
});

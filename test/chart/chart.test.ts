import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { CRD_DIRECTORY, requireTool, runTool } from '../support/test-tool.ts';
import { CHART, KUBERNETES, renderChart, runHelm } from './helm.ts';
import { checkConfig } from './rendered-config.ts';

const CASES = new URL('cases/', import.meta.url);
const names = (await readdir(CASES))
  .filter((file) => file.endsWith('.in.yaml'))
  .map((file) => file.replace('.in.yaml', ''));
const inputOf = (name: string) => new URL(`${name}.in.yaml`, CASES).pathname;

type Manifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own
  readonly spec: any;
  readonly data?: Readonly<Record<string, string>>;
};
const defaults = parse(await readFile(join(CHART, 'values.yaml'), 'utf8'));
const manifestsOf = (text: string) =>
  parseAllDocuments(text).map((document) => (document as { toJS(): unknown }).toJS() as Manifest);

/** The pod security standard `restricted`, and our further requirements. */
const RESTRICTED = {
  automountServiceAccountToken: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: expect.any(Number),
    seccompProfile: { type: 'RuntimeDefault' },
  },
  containers: [
    {
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    },
  ],
};

describe.each(names)('%s', (name) => {
  let text: string;
  let manifests: readonly Manifest[];
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-chart-'));
    text = await renderChart(inputOf(name));
    manifests = manifestsOf(text);
  });
  afterAll(() => rm(directory, { recursive: true }));
  const only = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);

  test('passes helm lint', async () => {
    const { exitCode, stdout } = await runHelm('lint', '--strict', CHART, '--values', inputOf(name));
    expect(exitCode, stdout).toBe(0);
  });

  test('renders these manifests', async () => {
    const dashboard = await readFile(join(CHART, 'files/dashboard.json'), 'utf8');
    const indented = dashboard.trimEnd().replaceAll(/^/gm, '    ');
    const shortened = text.replace(indented, '    (files/dashboard.json)');
    await expect(shortened).toMatchFileSnapshot(`cases/${name}.out.yaml`);
  });

  test('renders only what Kubernetes accepts', async () => {
    await writeFile(join(directory, 'manifests.yaml'), text);
    const args = [directory, '--version', KUBERNETES, '--local-crds', CRD_DIRECTORY];
    const { exitCode, stdout, stderr } = await runTool(requireTool('kubectl-validate'), args);
    expect(exitCode, stdout + stderr).toBe(0);
  });

  const config = () =>
    only('ConfigMap').find(({ data }) => data?.['gateway.yaml'])?.data?.['gateway.yaml'] ?? '';

  test('has a configuration that passes `check`, or an existing ConfigMap', async () => {
    const [deployment] = only('Deployment');
    const { existingConfigMap } = parse(await readFile(inputOf(name), 'utf8'));
    if (existingConfigMap !== undefined) {
      expect(only('ConfigMap')).toEqual([]);
      const { volumes } = deployment?.spec.template.spec ?? {};
      expect(volumes).toContainEqual({ name: 'config', configMap: { name: existingConfigMap } });
      return;
    }
    const { exitCode, stdout, stderr } = await checkConfig(
      config(),
      deployment?.spec.template.spec,
      directory,
    );
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(': ok');
  });

  test('runs every pod restricted', () => {
    const pods = [...only('Deployment').map(({ spec }) => spec.template), ...only('Pod')];
    expect(pods).toHaveLength(2);
    for (const { spec } of pods) expect(spec).toMatchObject(RESTRICTED);
  });

  test('gives a pod more time to end than the gateway needs', () => {
    const { spec } = only('Deployment')[0]?.spec.template ?? {};
    const seconds = { '0s': 0, '5s': 5, '20s': 20, '90s': 90, '2m': 120, '1500ms': 1.5 };
    const { delay, drain } = (parse(config()) ?? defaults.config).shutdown as Record<
      'delay' | 'drain',
      keyof typeof seconds
    >;
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds[delay] + seconds[drain]);
  });
});

describe('wrong values are refused with a message', () => {
  const issuers = 'issuers: [{name: corp, upstream: {url: "https://idp:8443"}}]';
  test.each([
    ['no issuer', 'config: {}', 'config.issuers is empty'],
    ['two configurations', `existingConfigMap: a\nconfig: {${issuers}}`, 'exclude each other'],
    ['a certificate for a foreign file', 'existingConfigMap: a\ntls: {secretName: a}', 'secrets.files'],
    [
      'an audit stream on the read-only file system',
      `config: {${issuers}, audit: {destination: /var/log/audit.jsonl}}`,
      '/var/log/pkce-gateway',
    ],
    ['a key that does not exist', `replicas: 2\nconfig: {${issuers}}`, "'replicas' not allowed"],
    ['a key of the gateway that does not exist', `config: {${issuers}, workes: 2}`, "'workes' not allowed"],
    [
      'a mode that does not exist',
      'config: {issuers: [{name: corp, upstream: {url: "https://idp"}, defaults: {mode: enforced}}]}',
      '/config/issuers/0/defaults/mode',
    ],
    ['a number as text', `replicaCount: "2"\nconfig: {${issuers}}`, '/replicaCount'],
    ['an invalid digest', `image: {digest: latest}\nconfig: {${issuers}}`, '/image/digest'],
    [
      'a secret that is not mounted',
      `secrets: {env: {B: {secret: b, key: b}}}\nconfig: {${issuers}, admin: {token: {from_env: ADMIN_TOKEN}}}`,
      'environment variable ADMIN_TOKEN, which the container does not have: add secrets.env.ADMIN_TOKEN',
    ],
    ['a secret without its key', `secrets: {env: {A: {secret: a}}}\nconfig: {${issuers}}`, '/secrets/env/A'],
    ['several gateways without a store', `replicaCount: 2\nconfig: {${issuers}}`, 'need a common store'],
    [
      'autoscaling without a store',
      `autoscaling: {enabled: true}\nconfig: {${issuers}}`,
      'need a common store',
    ],
    [
      'a sealed store without keys',
      `config: {${issuers}, store: {kind: sealed}}`,
      'config.store.sealed.keys is empty: put a key from `pkce-gateway keygen` into a Secret',
    ],
    [
      'a Redis without an address',
      `config: {${issuers}, store: {kind: redis}}`,
      'set url, cluster or sentinel',
    ],
    ['an unreachable admin address', `config: {${issuers}, admin: {address: "127.0.0.1:9090"}}`, 'loopback'],
    ['a port that is picked at random', `config: {${issuers}, listen: {address: "0.0.0.0:0"}}`, 'no port'],
    ['an ingress without hosts', `ingress: {enabled: true}\nconfig: {${issuers}}`, 'ingress.hosts'],
    ['a route without a gateway', `httpRoute: {enabled: true}\nconfig: {${issuers}}`, 'parentRefs'],
    [
      'a policy that closes a whole namespace',
      `upstreamNetworkPolicy: {enabled: true}\nconfig: {${issuers}}`,
      'podLabels',
    ],
    [
      'two certificates',
      `tls: {secretName: a}\nconfig: {${issuers}, listen: {tls: {cert_file: a, key_file: b}}}`,
      'exclude each other',
    ],
  ])('%s', async (_, values, expected) => {
    const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-chart-'));
    const file = join(directory, 'values.yaml');
    await writeFile(file, values);
    await expect(renderChart(file)).rejects.toThrow(expected);
    await rm(directory, { recursive: true });
  });
});

test('passes helm lint with default values', async () => {
  const { exitCode, stdout } = await runHelm('lint', '--strict', CHART);
  expect(exitCode, stdout).toBe(0);
});

test('a change of the configuration changes the pods', async () => {
  const checksum = async (name: string) =>
    manifestsOf(await renderChart(inputOf(name))).find(({ kind }) => kind === 'Deployment')?.spec.template
      .metadata.annotations['checksum/config'];
  expect(await checksum('default')).toMatch(/^[0-9a-f]{64}$/);
  expect(await checksum('default')).not.toBe(await checksum('own-tls'));
  expect(await checksum('default')).toBe(await checksum('monitoring'));
});

test("the chart has the gateway's version", async () => {
  const chart = parse(await readFile(join(CHART, 'Chart.yaml'), 'utf8'));
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect([chart.version, chart.appVersion]).toEqual([version, version]);
});

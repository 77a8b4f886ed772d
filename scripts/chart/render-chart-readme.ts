import { type ChartValue, readChartValues } from './chart-values.ts';

const INTRODUCTION = `<!-- Generated from the comments in values.yaml by scripts/generate-docs.ts: change it there. -->

# Helm chart pkce-gateway

[pkce-gateway](../../README.md) enforces PKCE in front of an OAuth 2.0 / OpenID Connect server that does not. Kubernetes 1.27 or newer, Helm 3.

\`\`\`
docker build --tag registry.example.com/pkce-gateway:0.1.0 .
docker push registry.example.com/pkce-gateway:0.1.0
helm install login charts/pkce-gateway --namespace login --values values.yaml
helm test login --namespace login
\`\`\`

An example with two gateways, Redis, an Ingress and monitoring by the Prometheus operator:

\`\`\`yaml
image: {repository: registry.example.com/pkce-gateway}
replicaCount: 2
config:
  listen:
    trusted_proxies: [10.0.0.0/8]       # the Ingress controller
  store:
    kind: redis
    redis:
      url: rediss://redis.login:6379/0
      password: {from_env: REDIS_PASSWORD}
      tls: {ca_file: /run/secrets/pkce-gateway/redis-ca/ca.crt}
  issuers:
    - name: corp
      upstream: {url: "https://idp.identity:8443"}
      public_url: https://login.example.com
      unlisted_clients: {mode: report}  # refuse nobody yet
secrets:
  env: {REDIS_PASSWORD: {secret: redis, key: password}}
  files: {redis-ca: redis-ca}
ingress:
  enabled: true
  className: nginx
  hosts: [login.example.com]
  tls: [{secretName: login-tls, hosts: [login.example.com]}]
monitoring:
  serviceMonitor: {enabled: true}
  prometheusRule: {enabled: true}
  dashboard: {enabled: true}
\`\`\`

- **Helm refuses a wrong value** before it installs anything: \`values.schema.json\` contains the gateway's own schema for \`config\`. \`pkce-gateway check\`
  finds what a schema cannot express. If a gateway rejects a changed ConfigMap, its log says why, and the old configuration stays in force.
- **A change of \`config\`** causes a rolling restart (an annotation has its checksum). A gateway that sees the changed ConfigMap earlier applies it
  at once.
- **Pods** meet the Pod Security Standard *restricted*: no root, no capabilities, a read-only root file system, no token.
- **Ending a pod** takes \`config.shutdown.delay\`, during which load balancers stop sending requests, then \`drain\` for requests in flight.
- **Block direct access**: with \`upstreamNetworkPolicy\`, only the gateways can reach the authorization server. It needs a network plugin that enforces
  policies.

## Values

| key | default | meaning |
|---|---|---|
`;

/** charts/pkce-gateway/README.md */
export async function renderChartReadme(): Promise<string> {
  const rows = (await readChartValues()).flatMap((value) => rowsOf('', value));
  return `${INTRODUCTION}${rows.join('\n')}\n`;
}

function rowsOf(
  prefix: string,
  { key, description, default: value, children }: ChartValue,
): readonly string[] {
  const path = `${prefix}${key}`;
  const row = `| \`${path}\` | ${children.length > 0 ? '' : `\`${JSON.stringify(value)}\``} | ${description} |`;
  return [...(description === '' ? [] : [row]), ...children.flatMap((child) => rowsOf(`${path}.`, child))];
}

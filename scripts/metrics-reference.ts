import { createMetrics } from '../src/telemetry/metrics.ts';

/** docs/metrics.md, from the metrics themselves. */
export async function renderMetricsReference(): Promise<string> {
  const { registry } = createMetrics({ version: '', node: '' });
  const own = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('pkce_gateway_'));
  const rows = own.map(({ name, help, type }) => {
    const labels =
      (registry.getSingleMetric(name) as unknown as { labelNames?: readonly string[] }).labelNames ?? [];
    return `| \`${name}\` | ${String(type)} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`;
  });
  return `# Metrics

On the admin listener at \`/metrics\`, in the Prometheus text format, beside Node's default process metrics
(\`process_*\`, \`nodejs_*\`). Generated from the source.

Labels are bounded: \`issuer\` and \`client\` are names from the configuration (a client entry as written there, or
\`_unlisted\`), all others are words from a fixed list. Durations are seconds.

| metric | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}

## Reasons

\`reason\` says which rule was broken, \`endpoint\` where: \`authorization\`, \`pushed_authorization\`,
\`authorization_response\` or \`token\`. A request counts once, by the first rule that it breaks. In \`enforce\` it is counted
in \`pkce_gateway_rejections_total\`, in \`report\` in \`pkce_gateway_report_only_violations_total\`.
`;
}

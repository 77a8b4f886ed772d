import { loadConfig } from './load.ts';
import type { ConfigSource } from './load-apart.ts';
import { configFromUpstream } from './upstream-config.ts';

// A terminal signals the whole group: what follows from that, the process decides that waits for this one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

process.once('message', async (source: ConfigSource) => {
  const result =
    'file' in source ? await loadConfig(source.file, source.options) : await configFromUpstream(source);
  process.send?.(result);
});

import { loadConfig } from './load.ts';
import type { ConfigSource } from './load-apart.ts';
import { configFromUpstream } from './upstream-config.ts';

// A terminal signals the whole group: what follows from that, the process decides that waits for this one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

// Nobody waits for it any more. To exit would be to wait for reads under way, and that of a FIFO may never end.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

process.once('message', async (source: ConfigSource) => {
  const result =
    'file' in source ? await loadConfig(source.file, source.options) : await configFromUpstream(source);
  // Whoever asked may have ended meanwhile.
  process.send?.(result, () => {});
});

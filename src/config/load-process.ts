import { partsOf } from './config-parts.ts';
import { loadConfig } from './load.ts';
import type { ConfigSource, LoadMessage } from './load-apart.ts';
import { configFromUpstream } from './upstream-config.ts';

// A terminal signals the whole process group: the parent, which waits for this process, decides what to do.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

// The parent no longer waits. A regular exit would wait for pending reads, and reading a FIFO may never end.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

process.once('message', async (source: ConfigSource) => {
  const result =
    'file' in source ? await loadConfig(source.file, source.options) : await configFromUpstream(source);
  if (!result.ok) return send(result);
  const { ok, config, warnings, files } = result;
  for (const part of partsOf(config)) await send(part);
  await send({ ok, warnings, files });
});

/** Resolves when the message is written. */
function send(message: LoadMessage): Promise<void> {
  // The parent may have ended meanwhile.
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

import type { Cluster, Redis } from 'ioredis';

/**
 * Calls back when a primary of a cluster is lost or back, with whether any is lost now. ioredis reports only on the whole
 * cluster, and connects to a node only for a command.
 */
export function watchPrimaries(cluster: Cluster, onChange: (isAnyLost: boolean) => void): void {
  const lost = new Set<string>();
  const tell = () => onChange(lost.size > 0);
  const hasSlots = (name: string) => cluster.slots.some(([primary]) => primary === name);
  cluster.on('+node', (node: Redis) => {
    const name = `${node.options.host}:${node.options.port}`;
    node.on('ready', () => {
      lost.delete(name);
      tell();
    });
    node.on('end', () => {
      // A node without slots is no longer watched.
      if (hasSlots(name)) lost.add(name);
      tell();
    });
  });
  cluster.on('refresh', () => {
    for (const name of lost) if (!hasSlots(name)) lost.delete(name);
    tell();
  });
}

import type { Cluster, Redis } from 'ioredis';

/**
 * Calls back whenever a primary of a cluster is lost or back: whether any is lost now. ioredis tells of the whole cluster
 * only, and opens a connection when there is a command for it.
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
      // A node that has no slots any more is let go of.
      if (hasSlots(name)) lost.add(name);
      tell();
    });
  });
  cluster.on('refresh', () => {
    for (const name of lost) if (!hasSlots(name)) lost.delete(name);
    tell();
  });
}

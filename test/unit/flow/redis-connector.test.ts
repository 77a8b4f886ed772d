import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { connectorOptions } from '../../../src/flow/redis-connector.ts';
import { parseRedisUrl } from '../../../src/flow/redis-url.ts';

test('a socket may fail more than once', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = parseRedisUrl(`redis://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`);
  if (address === undefined) throw new Error('no address');

  const { Connector } = connectorOptions(address, undefined, 100);
  if (Connector === undefined) throw new Error('no connector');
  const connector = new Connector({});
  const socket = (await connector.connect(() => {})) as Socket;
  expect(() => {
    socket.emit('error', new Error('first'));
    socket.emit('error', new Error('second'));
  }).not.toThrow();
  expect(connector.firstError?.message).toBe('first');
  socket.destroy();
  server.close();
});

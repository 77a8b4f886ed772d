import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { connectorOptions, socketOpener } from '../../../src/flow/redis-connector.ts';

test('a socket may fail more than once', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const { Connector } = connectorOptions({
    sockets: socketOpener(false, undefined),
    locate: () => ({ host: '127.0.0.1', port }),
    disconnectTimeout: 100,
  });
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

test('a server that cannot be located is a connection that failed', async () => {
  const { Connector } = connectorOptions({
    sockets: socketOpener(false, undefined),
    locate: () => Promise.reject(new Error('nobody knows')),
    disconnectTimeout: 100,
  });
  if (Connector === undefined) throw new Error('no connector');
  const connector = new Connector({});
  const socket = (await connector.connect(() => {})) as Socket;
  expect(socket.destroyed).toBe(true);
  expect(connector.firstError?.message).toBe('nobody knows');
});

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Contender } from './contenders.ts';
import { memory } from './processes.ts';

const SIZE = 20 * 1024 * 1024;
const BODY = Buffer.alloc(SIZE, 'x');

export type BodySamples = {
  /** Through the proxy, of what goes straight to the upstream. */
  readonly download: number[];
  readonly upload: number[];
  /** Bytes that the proxy has at its highest, beyond what it has while it rests. */
  readonly extraMemory: number[];
};

/** 20 MB in either direction, straight and through the proxy in turns. */
export async function measureLargeBodies(
  contender: Contender,
  upstreamPort: number,
  rounds: number,
): Promise<BodySamples> {
  const samples: BodySamples = { download: [], upload: [], extraMemory: [] };
  for (const transfer of [download, upload]) await transfer(contender.port);
  for (let round = 0; round < rounds; round += 1) {
    const straight = { download: await download(upstreamPort), upload: await upload(upstreamPort) };
    const through = { download: await download(contender.port), upload: await upload(contender.port) };
    samples.download.push(straight.download / through.download);
    samples.upload.push(straight.upload / through.upload);
    samples.extraMemory.push(await memoryTaken(contender));
  }
  return samples;
}

/** To look at memory takes time on the CPU that the load has: these transfers are not timed. */
async function memoryTaken({ pid, port }: Contender): Promise<number> {
  const before = memory(pid).now;
  let highest = before;
  const watch = setInterval(() => {
    highest = Math.max(highest, memory(pid).now);
  }, 2);
  await download(port);
  await upload(port);
  clearInterval(watch);
  return highest - before;
}

/** Seconds. */
async function download(port: number): Promise<number> {
  const startedAt = performance.now();
  const socket = await open(port);
  socket.write(`GET /download HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  let size = 0;
  for await (const chunk of socket) {
    size += (chunk as Buffer).length;
    if (size >= SIZE) break;
  }
  socket.destroy();
  if (size < SIZE) throw new Error(`a download broke off after ${size} bytes`);
  return (performance.now() - startedAt) / 1000;
}

/** Seconds. */
async function upload(port: number): Promise<number> {
  const startedAt = performance.now();
  const socket = await open(port);
  socket.write(
    `POST /upload HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${SIZE}\r\n\r\n`,
  );
  socket.write(BODY);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (!answer.toString('latin1', 0, 12).endsWith('200'))
    throw new Error(`an upload failed: ${answer.toString('latin1', 0, 200)}`);
  return (performance.now() - startedAt) / 1000;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

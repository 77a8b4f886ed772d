import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LineSink } from '../../../src/telemetry/line-sink.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-lines-'));
  file = join(directory, 'lines');
});
afterEach(() => rm(directory, { recursive: true }));

async function openSink(destination = file) {
  const told = { dropped: 0, trouble: [] as string[], recovered: 0 };
  const sink = await LineSink.open({
    destination,
    onDrop: () => {
      told.dropped += 1;
    },
    onTrouble: ({ message }) => told.trouble.push(message),
    onRecovery: () => {
      told.recovered += 1;
    },
  });
  return { sink, told };
}

const linesIn = async (path: string) => (await readFile(path, 'utf8')).split('\n').slice(0, -1);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i} ${'x'.repeat(200)}`);

test('appends in order, and writes everything until its end', async () => {
  for (const half of [0, 1]) {
    const { sink, told } = await openSink();
    for (const line of numbered(1_000)) sink.write(`${half} ${line}\n`);
    await sink[Symbol.asyncDispose]();
    expect(told).toEqual({ dropped: 0, trouble: [], recovered: 0 });
  }
  expect(await linesIn(file)).toEqual([0, 1].flatMap((half) => numbered(1_000).map((l) => `${half} ${l}`)));
});

test('on a full disk, lines wait, then are dropped and counted; trouble is reported once', async () => {
  const { sink, told } = await openSink('/dev/full');
  const long = `${'x'.repeat(100 * 1024)}\n`;
  for (let i = 0; i < 15; i++) sink.write(long);
  expect(told.dropped).toBe(5);
  expect(told.trouble).toHaveLength(1);
  await sink[Symbol.asyncDispose]();
  expect(told.recovered).toBe(0);
});

test('a pipe with a slow reader gets every line completely', async () => {
  execFileSync('mkfifo', [file]);
  await expect(openSink()).rejects.toThrow(/ENXIO/);
  const reader = createReadStream(file, 'utf8');
  // Opens as soon as a writer does, and reads only on demand.
  const { sink, told } = await vi.waitFor(() => openSink(), 10_000);
  for (const line of numbered(3_000)) sink.write(`${line}\n`);
  const ended = sink[Symbol.asyncDispose]();
  let text = '';
  for await (const part of reader) text += part;
  await ended;
  expect(text.split('\n').slice(0, -1)).toEqual(numbered(3_000));
  expect(told).toEqual({ dropped: 0, trouble: [], recovered: 0 });
});

test('a renamed file is reopened, at once on request', async () => {
  const { sink } = await openSink();
  sink.write('before\n');
  await vi.waitFor(async () => expect(await linesIn(file)).toEqual(['before']), 10_000);
  await rename(file, `${file}.1`);
  await sink.reopen();
  await vi.waitFor(async () => expect(await linesIn(file)).toEqual([]), 10_000);
  sink.write('after\n');
  await sink[Symbol.asyncDispose]();
  expect(await linesIn(`${file}.1`)).toEqual(['before']);
  expect(await linesIn(file)).toEqual(['after']);
});

test('if reopening fails, lines are written to the open file; trouble and recovery are reported once', async () => {
  const folder = join(directory, 'folder');
  await mkdir(folder);
  const { sink, told } = await openSink(join(folder, 'lines'));
  await rename(folder, `${folder}.gone`);
  await sink.reopen();
  await sink.reopen();
  expect(told.trouble).toEqual([expect.stringContaining('ENOENT')]);
  sink.write('kept\n');
  await vi.waitFor(
    async () => expect(await linesIn(join(`${folder}.gone`, 'lines'))).toEqual(['kept']),
    10_000,
  );
  expect(told.recovered).toBe(0);
  await mkdir(folder);
  await sink.reopen();
  sink.write('new\n');
  await vi.waitFor(() => expect(told.recovered).toBe(1), 10_000);
  expect(await linesIn(join(folder, 'lines'))).toEqual(['new']);
  await sink[Symbol.asyncDispose]();
});

import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LineWriter } from '../../../src/telemetry/line-writer.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-lines-'));
  file = join(directory, 'lines');
});
afterEach(() => rm(directory, { recursive: true }));

async function openWriter(destination = file) {
  const told = { dropped: 0, trouble: [] as string[], recovered: 0 };
  const writer = await LineWriter.open({
    destination,
    onDrop: () => {
      told.dropped += 1;
    },
    onTrouble: ({ message }) => told.trouble.push(message),
    onRecovery: () => {
      told.recovered += 1;
    },
  });
  return { writer, told };
}

const linesIn = async (path: string) => (await readFile(path, 'utf8')).split('\n').slice(0, -1);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i} ${'x'.repeat(200)}`);

test('appends in order, and has all of it written at its end', async () => {
  for (const half of [0, 1]) {
    const { writer, told } = await openWriter();
    for (const line of numbered(1_000)) writer.write(`${half} ${line}\n`);
    await writer[Symbol.asyncDispose]();
    expect(told).toEqual({ dropped: 0, trouble: [], recovered: 0 });
  }
  expect(await linesIn(file)).toEqual([0, 1].flatMap((half) => numbered(1_000).map((l) => `${half} ${l}`)));
});

test('on a disk that is full, lines wait, then are dropped and counted; trouble is told once', async () => {
  const { writer, told } = await openWriter('/dev/full');
  const long = `${'x'.repeat(100 * 1024)}\n`;
  for (let i = 0; i < 15; i++) writer.write(long);
  expect(told.dropped).toBe(5);
  expect(told.trouble).toHaveLength(1);
  await writer[Symbol.asyncDispose]();
  expect(told).toMatchObject({ dropped: 15, recovered: 0 });
});

test('a pipe whose reader is slow has every line whole, in the end', async () => {
  execFileSync('mkfifo', [file]);
  await expect(openWriter()).rejects.toThrow(/ENXIO/);
  const reader = createReadStream(file, 'utf8');
  // Opens as soon as somebody writes, and reads nothing until it is told to.
  const { writer, told } = await vi.waitFor(() => openWriter(), 10_000);
  for (const line of numbered(3_000)) writer.write(`${line}\n`);
  const ended = writer[Symbol.asyncDispose]();
  let text = '';
  for await (const part of reader) text += part;
  await ended;
  expect(text.split('\n').slice(0, -1)).toEqual(numbered(3_000));
  expect(told).toEqual({ dropped: 0, trouble: [], recovered: 0 });
});

test('a file that is moved away is opened anew, at once where it is told', async () => {
  const { writer } = await openWriter();
  writer.write('before\n');
  await vi.waitFor(async () => expect(await linesIn(file)).toEqual(['before']), 10_000);
  await rename(file, `${file}.1`);
  writer.renew();
  await vi.waitFor(async () => expect(await linesIn(file)).toEqual([]), 10_000);
  writer.write('after\n');
  await writer[Symbol.asyncDispose]();
  expect(await linesIn(`${file}.1`)).toEqual(['before']);
  expect(await linesIn(file)).toEqual(['after']);
});

test('where it cannot be opened anew, lines wait until it can', async () => {
  const folder = join(directory, 'folder');
  await mkdir(folder);
  const { writer, told } = await openWriter(join(folder, 'lines'));
  await rename(folder, `${folder}.gone`);
  writer.renew();
  await vi.waitFor(() => expect(told.trouble).toEqual([expect.stringContaining('ENOENT')]), 10_000);
  writer.write('kept\n');
  await mkdir(folder);
  await vi.waitFor(() => expect(told.recovered).toBe(1), 10_000);
  expect(await linesIn(join(folder, 'lines'))).toEqual(['kept']);
  await writer[Symbol.asyncDispose]();
});

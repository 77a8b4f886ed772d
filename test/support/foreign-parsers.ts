import type { IncomingMessage } from 'node:http';
import { parse as parseWithNode } from 'node:querystring';
import { Readable } from 'node:stream';
import express from 'express';

/** A parser's result: every value of each name, in order. Values other than text are JSON. */
export type Reading = ReadonlyMap<string, readonly string[]>;

/** Third-party parsers of application/x-www-form-urlencoded. */
export const FORM_PARSERS: Readonly<Record<string, (body: string) => Promise<Reading>>> = {
  URLSearchParams: async (body) => readEntries(new URLSearchParams(body)),
  'node:querystring': async (body) => readObject(parseWithNode(body, '&', '=', { maxKeys: 0 })),
  'fetch formData()': async (body) => readEntries(await new Response(body, { headers: FORM }).formData()),
  'express, simple': (body) => readWithExpress(body, false),
  'express, extended (qs)': (body) => readWithExpress(body, true),
};

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

function readEntries(entries: Iterable<[string, unknown]>): Reading {
  const reading = new Map<string, string[]>();
  for (const [name, value] of entries) reading.set(name, [...(reading.get(name) ?? []), String(value)]);
  return reading;
}

function readObject(object: object): Reading {
  return new Map(
    Object.entries(object).map(([name, value]: [string, unknown]) => [
      name,
      (Array.isArray(value) ? value : [value]).map((item: unknown) =>
        typeof item === 'string' ? item : JSON.stringify(item),
      ),
    ]),
  );
}

/** The body parser without a server. */
async function readWithExpress(body: string, extended: boolean): Promise<Reading> {
  const bytes = Buffer.from(body, 'latin1');
  const request = Object.assign(Readable.from([bytes], { objectMode: false }), {
    method: 'POST',
    headers: { ...FORM, 'content-length': String(bytes.length) },
  }) as unknown as IncomingMessage & { body?: object };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = (error?: unknown) => (error === undefined ? resolve() : reject(error));
  express.urlencoded({ extended })(request, {} as never, done);
  await promise;
  return readObject(request.body ?? {});
}

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { ClientGone, readBody } from '../../../src/http/read-body.ts';

test('a request that was already aborted is not awaited', async () => {
  const request = new PassThrough();
  request.write('the beginning');
  await once(request.destroy(), 'close');
  const reading = readBody(request as unknown as IncomingMessage, { size: 1_000, time: 3_600_000 });
  await expect(reading).rejects.toBeInstanceOf(ClientGone);
});

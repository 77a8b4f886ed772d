/** The least that a streaming proxy over undici can be: no header is cleaned, nothing is looked at. */
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { listen } from './listen.ts';

const [, , origin = ''] = process.argv;
const pool = new Pool(origin, { connections: 256 });
listen(
  createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    pool.dispatch(
      { method, path: url, headers, body: hasBody ? request : null },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, answered) {
          response.writeHead(status, answered);
        },
        onResponseData(controller, chunk) {
          if (response.write(chunk)) return;
          controller.pause();
          response.once('drain', () => controller.resume());
        },
        onResponseEnd() {
          response.end();
        },
        onResponseError() {
          response.destroy();
        },
      },
    );
  }),
);

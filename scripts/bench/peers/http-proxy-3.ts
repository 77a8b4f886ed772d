/** http-proxy-3 as its documentation has it; with a second argument, over an agent that keeps connections. */
import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { listen } from './listen.ts';

const [, , target = '', keepAlive] = process.argv;
const proxy = createProxyServer({
  target,
  ...(keepAlive === undefined ? {} : { agent: new Agent({ keepAlive: true }) }),
});
proxy.on('error', (_error, _request, response) => void response.end());
listen(createServer((request, response) => void proxy.web(request, response)));

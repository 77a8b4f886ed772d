/** @fastify/http-proxy with its defaults. */
import fastifyHttpProxy from '@fastify/http-proxy';
import { fastify } from 'fastify';

const [, , upstream = ''] = process.argv;
const server = fastify();
server.register(fastifyHttpProxy, { upstream });
const url = await server.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`port ${new URL(url).port}\n`);

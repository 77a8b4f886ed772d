import { z } from 'zod';
import { address, host, network } from './address.ts';
import { headerName } from './names.ts';
import { duration, size } from './quantity.ts';
import { integer, secret, section } from './scalars.ts';
import { serverTlsSchema } from './tls-files.ts';

export const listenSchema = section({
  address: address
    .prefault('0.0.0.0:8080')
    .describe('Where clients and browsers are served: `host:port`; port 0 picks a free one.'),
  tls: serverTlsSchema
    .optional()
    .describe(
      'Serve https: PEM files, their paths relative to the configuration file; reloaded when they change.',
    ),
  trusted_proxies: z
    .array(network)
    .prefault([])
    .describe('The addresses of the proxies in front, whose `X-Forwarded-*` headers are believed.'),
  keep_alive: duration('1s', '1h')
    .prefault('75s')
    .describe(
      'How long an idle connection stays open. Make this longer than in the load balancer in front, which otherwise sends requests on connections that are about to close.',
    ),
  limits: section({
    header_timeout: duration('100ms', '10m')
      .prefault('10s')
      .describe(
        'How long a client may take to send the headers of a request, or 4 KiB of its body. If a client stops reading a response for six times as long, the gateway aborts it.',
      ),
    body: size('1KiB', '16MiB')
      .prefault('64KiB')
      .describe(
        'The largest request body at the judged endpoints (authorization, token). Other bodies are streamed at any size.',
      ),
    connections: integer(1, 1_000_000)
      .prefault(10_000)
      .describe('The most connections that are open at once.'),
    connections_per_client: integer(1, 1_000_000)
      .prefault(500)
      .describe('The most connections that one client address has open at once.'),
  })
    .prefault({})
    .describe('What the public listener allows.'),
  request_id_header: headerName
    .prefault('X-Request-Id')
    .describe(
      'The header that carries the request id: taken over from trusted proxies, made by the gateway otherwise, sent to the upstream and back to the client.',
    ),
});

export const adminSchema = section({
  address: address
    .prefault('127.0.0.1:9090')
    .describe(
      'Where operators are served: metrics, health, status page, JSON API. It must not be reachable from the internet.',
    ),
  hosts: z
    .array(host)
    .min(1)
    .optional()
    .describe(
      'The host names of this listener, in addition to IP addresses and `localhost`; the port does not matter. Default: any name. On a loopback address the default is no further name, so that a website cannot read the listener through a name that resolves to this machine (DNS rebinding).',
    ),
  tls: serverTlsSchema.optional().describe('Serve https: PEM files; reloaded when they change.'),
  token: secret()
    .optional()
    .describe(
      'The token that every request needs, except to `/healthz` and `/readyz`: a Bearer token, or the password of HTTP Basic. Write it as `{from_env}` or `{from_file}`.',
    ),
});

export const shutdownSchema = section({
  drain: duration('0s', '1h')
    .prefault('20s')
    .describe('How long requests in flight may take after SIGTERM and `delay`.'),
  delay: duration('0s', '5m')
    .prefault('0s')
    .describe(
      'After SIGTERM, `/readyz` answers 503 for this long while new connections are still accepted, so that load balancers stop sending requests first.',
    ),
});

import { z } from 'zod';
import { address, host, network } from './address.ts';
import { duration } from './duration.ts';
import { headerName } from './header-name.ts';
import { integer, secret, section } from './scalars.ts';
import { size } from './size.ts';
import { serverTls } from './tls-files.ts';

export const listenSchema = section({
  address: address()
    .prefault('0.0.0.0:8080')
    .describe('Where clients and browsers are served: `host:port`; port 0 picks a free one.'),
  tls: serverTls()
    .optional()
    .describe(
      'Serve https: PEM files, their paths relative to the configuration file; reloaded when they change.',
    ),
  trusted_proxies: z
    .array(network())
    .prefault([])
    .describe('The addresses of the proxies in front, whose `X-Forwarded-*` headers are believed.'),
  keep_alive: duration('1s', '1h')
    .prefault('75s')
    .describe(
      'How long an idle connection stays open. Make it longer than the load balancer in front keeps its own: else that sends requests on connections that are about to close.',
    ),
  limits: section({
    header_timeout: duration('100ms', '10m')
      .prefault('10s')
      .describe(
        'How long a client may take to send the headers of a request, or 4 KiB of its body. An answer of which it takes nothing for six times as long is given up.',
      ),
    body: size('1KiB', '16MiB')
      .prefault('64KiB')
      .describe(
        'The largest body that is read in order to be judged (authorization, token); others stream at any size.',
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
  request_id_header: headerName()
    .prefault('X-Request-Id')
    .describe(
      'The header that carries the request id: taken over from trusted proxies, made by the gateway otherwise, sent to the upstream and back to the client.',
    ),
});

export const adminSchema = section({
  address: address()
    .prefault('127.0.0.1:9090')
    .describe(
      'Where operators are served: metrics, health, status page, JSON API. Must not be reachable for the public.',
    ),
  hosts: z
    .array(host())
    .min(1)
    .optional()
    .describe(
      'The names by which operators reach it, beside IP addresses and `localhost`; the port does not count. Default: over loopback no other, so that no website can read it by a name of its own that leads here (DNS rebinding); else any.',
    ),
  tls: serverTls().optional().describe('Serve https: PEM files; reloaded when they change.'),
  token: secret()
    .optional()
    .describe(
      'Asked for everything but `/healthz` and `/readyz`, as a Bearer token or as the password of HTTP Basic. Write it as `{from_env}` or `{from_file}`.',
    ),
});

export const shutdownSchema = section({
  delay: duration('0s', '5m')
    .prefault('0s')
    .describe(
      'After SIGTERM, how long new connections are still taken while `/readyz` says 503 already, so that a load balancer can turn away first.',
    ),
  drain: duration('0s', '1h').prefault('20s').describe('How long requests under way may take after that.'),
});

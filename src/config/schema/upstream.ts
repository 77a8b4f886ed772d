import { z } from 'zod';
import { duration } from './quantity.ts';
import { integer, section } from './scalars.ts';
import { clientTls } from './tls-files.ts';
import { httpOrigin } from './uris.ts';

export const upstreamTlsSchema = clientTls({
  insecure_skip_verify: z
    .boolean()
    .prefault(false)
    .describe(
      'Accept any certificate: anybody between the gateway and the upstream can then read every code and secret. Never in production.',
    ),
});

export const upstreamSchema = z.strictObject({
  url: httpOrigin.describe('Scheme, host and port of the upstream.'),
  preserve_host: z
    .boolean()
    .prefault(true)
    .describe("Send the Host header of the request to the upstream; `false`: send the upstream's own host."),
  origins: z
    .array(httpOrigin)
    .prefault([])
    .describe(
      'Further origins that the server uses for itself. The gateway replaces them with the public URL in `Location`, `Refresh` and cookie domains.',
    ),
  tls: upstreamTlsSchema.optional().describe('For an https upstream: PEM files.'),
  timeouts: section({
    connect: duration('10ms', '5m').prefault('2s').describe('To open a connection, TLS included.'),
    response: duration('10ms', '1h')
      .prefault('30s')
      .describe(
        'From the complete request to the headers of the response, including the time to wait for a connection. It is also the longest pause in a body that the gateway buffers.',
      ),
  })
    .prefault({})
    .describe('How long the upstream may take.'),
  connections: integer(1, 10_000)
    .prefault(128)
    .describe(
      'The most connections to this upstream, WebSockets included. A quarter of them is kept for the authorization, pushed authorization and token endpoints.',
    ),
});

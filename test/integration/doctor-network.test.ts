import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExpiredCertificate } from '../support/expired-certificate.ts';
import { freePort } from '../support/free-port.ts';
import { listen } from '../support/listener.ts';
import { createCertificate } from '../support/redis-certificate.ts';
import { startCannedServer } from '../support/upstreams/canned-server.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import { DoctorFiles, doctor } from './doctor-runs.ts';

let files: DoctorFiles;
beforeAll(async () => {
  files = await DoctorFiles.open();
});
afterAll(() => files[Symbol.asyncDispose]());

describe('the network', () => {
  test('a name that does not exist', async () => {
    const { exitCode, problems } = await doctor('--upstream', 'https://idp.invalid');
    expect(exitCode).toBe(1);
    expect(problems).toEqual([expect.stringMatching(/^problem DNS: idp\.invalid: .*→ correct the name/)]);
  });

  test('a port where nothing listens', async () => {
    const port = await freePort();
    const { exitCode, problems } = await doctor('--upstream', `http://127.0.0.1:${port}`);
    expect(exitCode).toBe(1);
    expect(problems).toEqual([
      `problem TCP: 127.0.0.1 port ${port}: nothing listens on that port (ECONNREFUSED) → start the server, correct the port, or open the port in the firewall`,
    ]);
  });

  test('a port without TLS, and one without HTTP', async () => {
    await using plain = await startCannedServer();
    const { problems } = await doctor('--upstream', `https://127.0.0.1:${plain.port}`);
    expect(problems).toEqual([expect.stringMatching(/^problem TLS: .*→ check that this is the TLS port/)]);
    await using raw = await startRawServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    const other = await doctor('--upstream', raw.url);
    expect(other.problems).toEqual([
      expect.stringMatching(
        /^problem discovery, .*(did not speak HTTP|broke off).*→ check the scheme \(http or https\)/,
      ),
    ]);
  });

  test('a server that never answers: doctor times out', async () => {
    await using silent = await startRawServer(() => {});
    const [plain, tls] = await Promise.all([
      doctor('--upstream', silent.url),
      doctor('--upstream', silent.url.replace('http:', 'https:')),
    ]);
    expect(plain.problems).toEqual([expect.stringMatching(/^problem discovery, .*did not answer in time/)]);
    expect(tls.problems).toEqual([expect.stringMatching(/^problem TLS: .*no handshake within 5 s/)]);
  });

  test('certificates: of an unknown CA, about to expire, with another name, expired', async () => {
    await using certificate = await createCertificate('DNS:localhost');
    const { cert = '', key = '' } = certificate.tls;
    await using server = await listen(createServer({ cert, key }, (_req, res) => res.writeHead(404).end()));
    const upstream = `https://localhost:${server.port}`;

    const unknown = await doctor('--upstream', upstream);
    expect(unknown.exitCode).toBe(1);
    expect(unknown.problems).toEqual([
      expect.stringMatching(
        /^problem TLS: the certificate of localhost: .*SELF_SIGNED.*→ set `upstream.tls.ca_file`/,
      ),
    ]);
    const known = await doctor('--upstream', upstream, '--ca', certificate.files.caFile);
    expect(known.lines).toContainEqual(
      expect.stringMatching(/^warn TLS: .*valid, but expires in \d days → renew it$/),
    );

    const otherName = `https://127.0.0.1:${server.port}`;
    const mismatch = await doctor('--upstream', otherName, '--ca', certificate.files.caFile);
    expect(mismatch.problems).toEqual([
      expect.stringMatching(
        /for another name \(ERR_TLS_CERT_ALTNAME_INVALID\) → use one of its names: DNS:localhost$/,
      ),
    ]);
    const skipping = `issuers: [{name: corp, upstream: {url: "${otherName}", tls: {insecure_skip_verify: true}}}]`;
    const skipped = await doctor('--config', await files.fileOf(skipping));
    expect(skipped.lines).toContainEqual(
      expect.stringMatching(/^warn TLS: .*`insecure_skip_verify` accepts any/),
    );

    const expired = await createExpiredCertificate(join(files.directory, 'expired'));
    await using old = await listen(createServer(expired, (_req, res) => res.writeHead(404).end()));
    const ended = await doctor('--upstream', `https://localhost:${old.port}`, '--ca', expired.certFile);
    expect(ended.problems).toEqual([
      expect.stringMatching(/^problem TLS: .*its certificate has expired \(CERT_HAS_EXPIRED\) → renew it$/),
    ]);
  });
});

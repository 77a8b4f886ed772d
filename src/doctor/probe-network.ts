import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { IssuerConfig } from '../config/config.ts';
import { meaningOf } from '../upstream/describe-fault.ts';
import { type Finding, ok, printable, problem, warn } from './finding.ts';
import { isLoopback } from './loopback.ts';

type Upstream = IssuerConfig['upstream'];

/** Milliseconds for each step. */
const PATIENCE = 5_000;
const DAY = 86_400_000;
/** Days before its end from which a certificate is worth a warning. */
const EXPIRES_SOON = 30;

/** DNS, TCP and TLS, up to the first that fails. */
export async function probeNetwork(upstream: Upstream, now: number): Promise<Finding[]> {
  const url = new URL(upstream.origin);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const findings: Finding[] = [];
  const steps = [
    () => probeName(host),
    () => probePort(host, port),
    () => (url.protocol === 'https:' ? probeTls(upstream, host, port, now) : [plainHttp(host)]),
  ];
  for (const step of steps) {
    findings.push(...(await step()));
    if (findings.some(({ mark }) => mark === 'problem')) break;
  }
  return findings;
}

async function probeName(host: string): Promise<Finding[]> {
  if (isIP(host) !== 0) return [];
  const tried = `DNS: ${host}`;
  const { promise: expired, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, PATIENCE, undefined);
  try {
    const addresses = await Promise.race([lookup(host, { all: true }), expired]);
    if (addresses !== undefined) return [ok(tried, addresses.map(({ address }) => address).join(', '))];
    return [problem(tried, 'the name server does not answer', 'look at the resolver of this machine')];
  } catch (error) {
    return [problem(tried, failureOf(error), 'correct the name, or the resolver of this machine')];
  } finally {
    clearTimeout(timer);
  }
}

async function probePort(host: string, port: number): Promise<Finding[]> {
  const tried = `TCP: ${host} port ${port}`;
  const signal = AbortSignal.timeout(PATIENCE);
  const socket = connectTcp({ host, port });
  try {
    await once(socket, 'connect', { signal });
    return [ok(tried, 'connected')];
  } catch (error) {
    const seen = signal.aborted ? `nobody answered within ${PATIENCE / 1000} s` : failureOf(error);
    return [problem(tried, seen, 'start the server, correct the port, or open the way in the firewall')];
  } finally {
    socket.destroy();
  }
}

async function probeTls(upstream: Upstream, host: string, port: number, now: number): Promise<Finding[]> {
  const { tls } = upstream;
  const tried = `TLS: the certificate of ${host}`;
  const signal = AbortSignal.timeout(PATIENCE);
  // Nothing is sent over this connection, so that a certificate can be looked at that nobody should trust.
  const socket = connectTls({
    host,
    port,
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.cert !== undefined && { cert: tls.cert }),
    ...(tls?.key !== undefined && { key: tls.key }),
  });
  try {
    await once(socket, 'secureConnect', { signal });
    return judgeCertificate(socket, tls?.insecureSkipVerify === true, tried, now);
  } catch (error) {
    const seen = signal.aborted ? `no handshake within ${PATIENCE / 1000} s` : failureOf(error);
    return [
      problem(
        tried,
        seen,
        'is this the TLS port, and does it want a client certificate (`upstream.tls.cert_file`)?',
      ),
    ];
  } finally {
    socket.destroy();
  }
}

function judgeCertificate(socket: TLSSocket, skipsVerify: boolean, tried: string, now: number): Finding[] {
  const { valid_to: end, subjectaltname: names } = socket.getPeerCertificate();
  const days = Math.floor((Date.parse(end) - now) / DAY);
  const code = socket.authorizationError as unknown;
  const fault = typeof code === 'string' ? code : undefined;
  if (skipsVerify) {
    const advice = 'name its authority under `upstream.tls.ca_file` instead';
    return [
      warn(tried, '`insecure_skip_verify` accepts any: whoever is between reads codes and secrets', advice),
    ];
  }
  if (fault !== undefined) {
    const seen = `${meaningOf(fault) ?? 'cannot be verified'} (${fault})`;
    return [problem(tried, seen, adviceFor(fault, names))];
  }
  if (days < EXPIRES_SOON) return [warn(tried, `good, but ends in ${days} days`, 'renew it')];
  return [ok(tried, `good for ${days} days (${socket.getProtocol()})`)];
}

function adviceFor(fault: string, names: string | undefined): string {
  if (fault === 'CERT_HAS_EXPIRED') return 'renew it';
  if (fault === 'CERT_NOT_YET_VALID') return 'look at the clocks of this machine and of the server';
  if (fault === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `use one of its names: ${printable(names ?? 'it has none')}`;
  return 'name its authority under `upstream.tls.ca_file` (`--ca FILE`)';
}

function plainHttp(host: string): Finding {
  const tried = 'TLS';
  if (isLoopback(host)) return ok(tried, 'none, on this machine');
  return warn(tried, 'none: whoever is on the way can read codes and secrets', 'use https');
}

function failureOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) return printable(error instanceof Error ? error.message : String(error));
  const meaning = meaningOf(code);
  return meaning === undefined ? code : `${meaning} (${code})`;
}

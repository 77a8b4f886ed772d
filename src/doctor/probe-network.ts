import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { IssuerConfig } from '../config/config.ts';
import { isLoopbackHost } from '../oauth/redirect-uri.ts';
import { adviceOn, describeCode } from '../upstream/describe-code.ts';
import { about, type Finding, printable } from './finding.ts';

type Upstream = IssuerConfig['upstream'];

/** The timeout of each step, in milliseconds. */
const PATIENCE = 5_000;
const DAY = 86_400_000;
/** A certificate with fewer days left causes a warning. */
const EXPIRES_SOON = 30;

/** Tries DNS, TCP and TLS, up to the first failure. */
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
  const { ok, problem } = about(`DNS: ${host}`);
  try {
    const addresses = await Promise.race([
      lookup(host, { all: true }),
      sleep(PATIENCE, undefined, { ref: false }),
    ]);
    if (addresses !== undefined) return [ok(addresses.map(({ address }) => address).join(', '))];
    return [problem('the name server does not answer', 'check the DNS resolver of this machine')];
  } catch (error) {
    return [problem(describeError(error), 'correct the name, or check the DNS resolver of this machine')];
  }
}

async function probePort(host: string, port: number): Promise<Finding[]> {
  const { ok, problem } = about(`TCP: ${host} port ${port}`);
  const socket = connectTcp({ host, port });
  const failure = await failureOf(socket, 'connect', 'answer');
  socket.destroy();
  if (failure === undefined) return [ok('connected')];
  return [problem(failure, 'start the server, correct the port, or open the port in the firewall')];
}

async function probeTls(upstream: Upstream, host: string, port: number, now: number): Promise<Finding[]> {
  const { tls } = upstream;
  const certificate = about(`TLS: the certificate of ${host}`);
  // Nothing is sent over this connection, so it is safe to inspect a certificate that is not trusted.
  const socket = connectTls({
    host,
    port,
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.cert !== undefined && { cert: tls.cert }),
    ...(tls?.key !== undefined && { key: tls.key }),
  });
  const failure = await failureOf(socket, 'secureConnect', 'handshake');
  const advice =
    'check that this is the TLS port, and whether it requires a client certificate (`upstream.tls.cert_file`)';
  const finding =
    failure === undefined
      ? judgeCertificate(socket, tls?.insecureSkipVerify === true, certificate, now)
      : certificate.problem(failure, advice);
  socket.destroy();
  return [finding];
}

/** Why a socket does not connect in time. `awaited`: what does not come, in words. */
async function failureOf(socket: Socket, event: string, awaited: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    await once(socket, event, { signal });
    return undefined;
  } catch (error) {
    return signal.aborted ? `no ${awaited} within ${PATIENCE / 1000} s` : describeError(error);
  }
}

function judgeCertificate(
  socket: TLSSocket,
  skipsVerify: boolean,
  { ok, problem, warn }: ReturnType<typeof about>,
  now: number,
): Finding {
  if (skipsVerify) {
    const seen =
      '`insecure_skip_verify` accepts any certificate: an attacker in between can read codes and secrets';
    return warn(seen, 'set `upstream.tls.ca_file` to its certificate authority instead');
  }
  const { valid_to: end, subjectaltname: names } = socket.getPeerCertificate();
  const fault = socket.authorizationError as unknown;
  if (typeof fault === 'string') return problem(describeCode(fault), adviceFor(fault, names));
  const days = Math.floor((Date.parse(end) - now) / DAY);
  if (days < EXPIRES_SOON) return warn(`valid, but expires in ${days} days`, 'renew it');
  return ok(`valid for ${days} days (${socket.getProtocol()})`);
}

function adviceFor(fault: string, names: string | undefined): string {
  if (fault === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `use one of its names: ${printable(names ?? 'it has none')}`;
  return adviceOn(fault) ?? 'give the server a certificate that this machine can verify';
}

function plainHttp(host: string): Finding {
  const { ok, warn } = about('TLS');
  if (isLoopbackHost(host)) return ok('not used; the server is on this machine');
  return warn('not used: an attacker in between can read codes and secrets', 'use https');
}

function describeError(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? printable(String(error)) : describeCode(code);
}

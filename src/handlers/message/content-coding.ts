import type { IncomingMessage } from 'node:http';

/** Whether a body is content-encoded (RFC 9110 8.4), or says so. */
export function isContentEncoded({ headers }: IncomingMessage): boolean {
  const coding = headers['content-encoding']?.trim().toLowerCase();
  return coding !== undefined && coding !== 'identity';
}

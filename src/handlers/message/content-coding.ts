import type { IncomingMessage } from 'node:http';

/** Whether a request declares a content coding (RFC 9110 8.4). */
export function isContentEncoded({ headers }: IncomingMessage): boolean {
  const coding = headers['content-encoding']?.trim().toLowerCase();
  return coding !== undefined && coding !== 'identity';
}

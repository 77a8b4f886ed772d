import { type ClientEntry, renderClientEntries } from '../config/client-entries.ts';
import { redirectUri } from '../config/schema/uris.ts';
import { UNLISTED } from '../policy/client-policy.ts';
import { type Report, type ReportedClient, verdictState } from './reported-client.ts';

const WEEK = 7 * 24 * 3_600_000;
const HOUR = 3_600_000;

/**
 * The entries of clients that are not enforced yet, and have no date for it: ready clients with `enforce_from` in exactly a
 * week, when the operator is probably at work; all others in report. Each has the redirect URIs that were seen, unless some are
 * listed.
 */
export function renderEntries({ clients, now, seenBy }: Report): string {
  const enforceFrom = `${new Date(Math.floor((now + WEEK) / HOUR) * HOUR).toISOString().slice(0, 19)}Z`;
  const candidates = clients.filter(({ client, listed, mode, enforce_from: announced }) => {
    // A `*` at the end of an entry would match other clients as well.
    const canBeEntry = listed || (client !== UNLISTED && !client.includes('*'));
    return mode === 'report' && announced === null && canBeEntry;
  });
  const entries = candidates.map((client): ClientEntry => {
    const { issuer, redirect_uris: seen, redirect_uris_listed: hasUris } = client;
    const refused = hasUris ? [] : seen.flatMap(whyRefused);
    const uris = hasUris ? [] : seen.filter((uri) => whyRefused(uri).length === 0);
    const settings = {
      // With a list that lacks one of its URIs, its logins there would be refused.
      ...(verdictState(client) === 'ready' && refused.length === 0
        ? { mode: 'enforce', enforce_from: enforceFrom }
        : { mode: 'report' }),
      ...(uris.length > 0 && { redirect_uris: uris }),
    };
    return { issuer, client: client.client, settings, comment: [commentOf(client), ...refused].join('\n') };
  });
  const ready = candidates.filter((client) => verdictState(client) === 'ready').length;
  const summary = `pkce-gateway report, ${new Date(now).toISOString().slice(0, 10)}: ${ready} of ${candidates.length} clients in report mode without a date are ready.`;
  if (entries.length === 0) return `# ${summary}`;
  const heading = [
    summary,
    'Put these entries under `clients` of their issuers. If a client already has an entry, add these lines to it, in place of its own `mode`.',
    'The redirect_uris received codes in the last 14 days: remove those that do not belong to the client.',
    ...(seenBy === undefined
      ? []
      : [`Only the gateway at ${seenBy} saw them: add those that the others saw.`]),
  ];
  return renderClientEntries(heading.join('\n'), entries);
}

/** Why a redirect URI cannot be an entry of `redirect_uris`, or nothing. */
function whyRefused(uri: string): string[] {
  const problems = redirectUri.safeParse(uri).error?.issues ?? [];
  return problems.map(({ message }) => `redirect_uris cannot list ${uri}: ${message}`);
}

function commentOf(client: ReportedClient): string {
  const { verdict, authorization_requests: requests, codes_redeemed: redeemed } = client;
  return verdictState(client) === 'ready'
    ? `${verdict}: ${requests} requests, ${redeemed} codes redeemed`
    : verdict;
}

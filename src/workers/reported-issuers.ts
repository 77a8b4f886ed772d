import type { ReportedIssuer } from '../activity/read-activity.ts';
import type { Config } from '../config/config.ts';
import { inTurns } from '../in-turns.ts';
import { registerClients } from '../issuer/issuer.ts';

/** The issuers of a configuration for reports, which the primary makes although it serves no requests. */
export async function reportedIssuers({ issuers }: Config): Promise<ReportedIssuer[]> {
  const reported: ReportedIssuer[] = [];
  for (const config of issuers)
    reported.push({ name: config.name, config, clients: await inTurns(registerClients(config)) });
  return reported;
}

/**
 * Shows what pkce-gateway does: a real login server that ignores PKCE, a real client, a real theft. `npm run demo` prints the
 * scenes and keeps running for a browser; with `--once` it exits, with 0 if every scene had the expected result.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { honestLogin, type Outcome, theftAtTheServer, theftThroughTheGateway } from './demo/scenes.ts';
import { type Stage, setStage } from './demo/stage.ts';
import { bad, bold, good, heading, say } from './demo/terminal.ts';

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });

await using stage = await setStage();
introduce(stage);
const outcomes = [
  await theftAtTheServer(stage),
  await theftThroughTheGateway(stage),
  await honestLogin(stage),
];
process.exitCode = summarize(outcomes) ? 0 : 1;

if (!values.once) {
  invite(stage);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  console.log('\nStopping.');
}

function introduce({ server, gatewayUrl, site }: Stage): void {
  console.log(bold('pkce-gateway: what it does'));
  say();
  say(`${server.url}   a login server (oidc-provider) that ignores PKCE`);
  say(`${gatewayUrl}   pkce-gateway, in front of it`);
  say(`${site.url}   an app whose users log in there`);
  say();
  say(
    'PKCE in short: before a login, the app generates a secret, the verifier, and sends only its hash, the',
  );
  say(
    'challenge. To redeem the code of the login, it must send the verifier. So a stolen code alone is worthless,',
  );
  say('if somebody checks the verifier.');
}

function summarize(outcomes: readonly Outcome[]): boolean {
  heading('Summary');
  for (const { summary, well } of outcomes) (well ? good : bad)(summary);
  const right = outcomes.filter(({ asExpected }) => asExpected).length;
  say(`${right} of ${outcomes.length} had the expected result.`);
  return right === outcomes.length;
}

function invite({ site, gatewayUrl, adminUrl }: Stage): void {
  heading('Try it yourself');
  say(
    `${site.url}/   log in yourself, with or without the gateway, with or without a thief. Any user name works.`,
  );
  say(`${gatewayUrl}/.well-known/openid-configuration   contains code_challenge_methods_supported: S256`);
  say(`${adminUrl}/   the status page: enforced clients and refusals`);
  say(`${adminUrl}/metrics   look for pkce_gateway_rejections_total (the reasons)`);
  say('                      and pkce_gateway_redemptions_total (verified, refused)');
  say('Ctrl-C stops the demo.');
}

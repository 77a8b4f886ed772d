/**
 * The point of pkce-gateway, played out: a real login server that ignores PKCE, a real client, a real theft.
 * `npm run demo` plays it and stays up for a browser; with `--once` it ends, with 0 if all went as it must.
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
  console.log(bold('pkce-gateway: what it is for'));
  say();
  say(`${server.url}   a login server (oidc-provider) that ignores PKCE`);
  say(`${gatewayUrl}   pkce-gateway, in front of it`);
  say(`${site.url}   an app whose users log in there`);
  say();
  say('PKCE in short: before a login, the app makes up a secret, the verifier. It shows only its hash, the');
  say(
    'challenge. Whoever redeems the code of the login must show the verifier. A stolen code alone is worth nothing,',
  );
  say('provided that somebody checks.');
}

function summarize(outcomes: readonly Outcome[]): boolean {
  heading('Summary');
  for (const { summary, well } of outcomes) (well ? good : bad)(summary);
  const right = outcomes.filter(({ asItMust }) => asItMust).length;
  say(`${right} of ${outcomes.length} went as they must.`);
  return right === outcomes.length;
}

function invite({ site, gatewayUrl, adminUrl }: Stage): void {
  heading('Now you');
  say(`${site.url}/   log in yourself, by either way, watched by a thief or not. Any name will do.`);
  say(`${gatewayUrl}/.well-known/openid-configuration   now says code_challenge_methods_supported: S256`);
  say(`${adminUrl}/   the status page: which client is enforced, and what was refused`);
  say(`${adminUrl}/metrics   look for pkce_gateway_rejections_total (the reasons)`);
  say('                      and pkce_gateway_redemptions_total (verified, refused)');
  say('Ctrl-C stops it all.');
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Interaction, Provider } from 'oidc-provider';
import { consentPage, loginPage } from '../pages.ts';

/** The pages for logging in and granting access, at `/interaction/:uid`. */
export async function handleInteraction(
  provider: Provider,
  req: IncomingMessage,
  res: ServerResponse,
  form: URLSearchParams,
): Promise<void> {
  const interaction = await provider.interactionDetails(req, res);
  const action = `/interaction/${interaction.uid}`;
  const isLogin = interaction.prompt.name === 'login';
  if (req.method !== 'POST') {
    const html = isLogin ? loginPage(action) : consentPage(action, interaction.params.client_id ?? '');
    res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    res.end(html);
    return;
  }
  const result = isLogin
    ? { login: { accountId: form.get('username') || 'alice' } }
    : { consent: { grantId: await grantAll(provider, interaction) } };
  await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: !isLogin });
}

async function grantAll(provider: Provider, { grantId, session, params, prompt }: Interaction) {
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant =
    known ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id ?? '' });
  const { missingOIDCScope, missingOIDCClaims } = prompt.details as {
    missingOIDCScope?: string[];
    missingOIDCClaims?: string[];
  };
  if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims !== undefined) grant.addOIDCClaims(missingOIDCClaims);
  return grant.save();
}

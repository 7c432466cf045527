// A strict OAuth 2.1 and OpenID Connect provider for tests: the npm package `oidc-provider` with people who consent on demand.
//
// Knobs, by environment:
//   PORT                 where it listens, on 127.0.0.1
//   REDIRECT_URIS        what clients may ask to be sent back to, separated by commas
//   ACCESS_TOKEN_TTL, REFRESH_TOKEN_TTL, CODE_TTL     lifetimes in seconds (3600, 86400, 60)
//   ROTATE, PKCE         "0" keeps refresh tokens as they are, or makes PKCE optional
//
// Beside the protocol's own endpoints:
//   GET  /interaction/ID                       the consent page, for a browser
//   GET  /interaction/ID/auto?login=alice      consents at once (&deny=1 refuses), for a client without a browser
//   GET  /api/me                               who the bearer of an access token is
//   GET  /control                              the knobs that can be turned while it runs
//   POST /control {"accessTokenTtl": 1}        turns them: what is issued from then on follows
//
// Clients: oidc-basic, oidc-post (secret `oidc-secret`), oidc-public (no secret). It says "ready" when it listens.
import Provider from 'oidc-provider';

const env = (name, otherwise) => process.env[name] ?? otherwise;
const port = Number(env('PORT', '0'));
const issuer = `http://127.0.0.1:${port}`;
const scopes = ['openid', 'offline_access', 'email', 'notes:read', 'notes:write'];

const knobs = {
  accessTokenTtl: Number(env('ACCESS_TOKEN_TTL', '3600')),
  refreshTokenTtl: Number(env('REFRESH_TOKEN_TTL', '86400')),
  codeTtl: Number(env('CODE_TTL', '60')),
  rotate: env('ROTATE', '1') !== '0',
  pkce: env('PKCE', '1') !== '0',
};

function client(id, authentication) {
  const secret = authentication === 'none' ? {} : { client_secret: 'oidc-secret' };
  return {
    client_id: id,
    ...secret,
    token_endpoint_auth_method: authentication,
    redirect_uris: env('REDIRECT_URIS', 'http://127.0.0.1/oauth/callback').split(','),
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: scopes.join(' '),
  };
}

function account(_context, id) {
  return { accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true }) };
}

const provider = new Provider(issuer, {
  clients: [client('oidc-basic', 'client_secret_basic'), client('oidc-post', 'client_secret_post'), client('oidc-public', 'none')],
  scopes,
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  findAccount: account,
  cookies: { keys: ['only for tests'] },
  clockTolerance: 0,
  pkce: { required: () => knobs.pkce },
  rotateRefreshToken: () => knobs.rotate,
  issueRefreshToken: async (_context, to, code) => to.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  ttl: {
    AccessToken: () => knobs.accessTokenTtl,
    RefreshToken: () => knobs.refreshTokenTtl,
    AuthorizationCode: () => knobs.codeTtl,
    IdToken: 3600,
    Grant: 86400,
    Session: 86400,
    Interaction: 600,
  },
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true, initialAccessToken: false },
    pushedAuthorizationRequests: { enabled: true },
  },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
});

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (value) => String(value).replace(/[&<>"]/g, (character) => escapes[character]);

function consentPage({ uid, params }) {
  return `<!doctype html><meta charset="utf-8"><title>Consent</title><h1>Sign in and allow</h1>
<p>${escaped(params.client_id)} asks for: ${escaped(params.scope)}</p>
<form action="/interaction/${escaped(uid)}/auto">
<label>Account <input name="login" value="alice"></label>
<button id="allow">Allow</button> <button id="deny" name="deny" value="1">Deny</button>
</form>`;
}

async function decision(details, query) {
  if (query.get('deny')) return { error: 'access_denied', error_description: 'The person said no.' };
  const accountId = details.session?.accountId ?? query.get('login') ?? 'alice';
  const known = details.grantId && (await provider.Grant.find(details.grantId));
  const grant = known || new provider.Grant({ accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope ?? 'openid');
  return { login: { accountId }, consent: { grantId: await grant.save() } };
}

async function interaction(context, [, , auto]) {
  const details = await provider.interactionDetails(context.req, context.res);
  if (!auto) {
    context.type = 'html';
    context.body = consentPage(details);
    return;
  }
  const result = await decision(details, new URLSearchParams(context.querystring));
  await provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: false });
  context.respond = false;
}

async function me(context) {
  const sent = /^Bearer (.+)$/i.exec(context.get('authorization'))?.[1];
  const token = sent && (await provider.AccessToken.find(sent));
  if (!token) {
    context.status = 401;
    context.set('WWW-Authenticate', sent ? 'Bearer error="invalid_token"' : 'Bearer');
    context.body = { error: 'invalid_token' };
    return;
  }
  context.body = { sub: token.accountId, scope: token.scope, client_id: token.clientId };
}

async function control(context) {
  if (context.method === 'POST') {
    let text = '';
    for await (const piece of context.req) text += piece;
    const wanted = JSON.parse(text);
    const unknown = Object.keys(wanted).filter((name) => !(name in knobs));
    if (unknown.length > 0) {
      context.status = 400;
      context.body = { error: `there is no knob ${unknown.join(', ')}` };
      return;
    }
    Object.assign(knobs, wanted);
  }
  context.body = knobs;
}

const routes = [
  [/^\/interaction\/([^/]+)(\/auto)?$/, interaction],
  [/^\/api\/me$/, me],
  [/^\/control$/, control],
];

provider.use(async (context, next) => {
  for (const [pattern, answer] of routes) {
    const found = pattern.exec(context.path);
    if (found) return answer(context, found);
  }
  return next();
});

provider.listen(port, '127.0.0.1', () => console.log(`ready ${issuer}`));

// An OpenID provider for tests and the demo: npm oidc-provider on a free port of 127.0.0.1, with its own development pages for
// signing in. Prints {"issuer":…} when it is up. POST /test/settings changes, while it runs, what a test needs changed:
//   id_token_s, device_code_s   lifetimes in seconds        slow_down   how many of the next polls to answer with slow_down
//   nonce: false                leave it out at login too     groups      {user: [group]}
//   refresh: false              refuse refresh tokens        claims      {user: {claim: value}}; null takes a claim away
// Programs ("nightly", and one that is named as a person's sub is) get access tokens by the client-credentials grant, secret "secret", for any
// resource. POST /test/sign {header, claims}: what it says, signed with the provider's key.
// Usage: idp.mjs '{"alice": ["clinicians"], "bob": ["privacy-officers"]}' [PORT]
import crypto from 'node:crypto';
import http from 'node:http';

console.warn = console.info = () => {};          // its warnings that development pages are not for production
const { Provider } = await import('oidc-provider');

const settings = { id_token_s: 3600, device_code_s: 600, slow_down: 0, nonce: true, refresh: true, groups: JSON.parse(process.argv[2] ?? '{}'), claims: {} };

const own = ({ user }) => Object.fromEntries(Object.entries({
  sub: `sub-${user}`, email: `${user}@hospital.example`, email_verified: true, groups: settings.groups[user] ?? [],
  ...settings.claims[user],
}).filter(([, value]) => value !== null));

const server = http.createServer();
await new Promise((up) => server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', up));
const issuer = `http://127.0.0.1:${server.address().port}`;

const key = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, kid = `rsa-${crypto.randomBytes(4).toString('hex')}`;
const sign = ({ header, claims }) => {
  const text = [{ alg: 'RS256', kid, ...header }, { iss: issuer, ...claims }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${crypto.sign('sha256', Buffer.from(text), key).toString('base64url')}`;
};
const program = (client_id) => ({ client_id, client_secret: 'secret', grant_types: ['client_credentials'], response_types: [], redirect_uris: [] });
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...key.export({ format: 'jwk' }), use: 'sig', kid, alg: 'RS256' }] },
  cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
  clients: [{
    client_id: 'phigate', client_name: 'phigate', token_endpoint_auth_method: 'none', application_type: 'native', response_types: [], redirect_uris: [],
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], id_token_signed_response_alg: 'RS256',
  }, program('nightly'), program('sub-alice')],
  scopes: ['openid', 'offline_access', 'email', 'groups'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
  conformIdTokenClaims: false,                   // claims go into the ID token
  findAccount: (ctx, user) => ({ accountId: user, claims: async () => own({ user }) }),
  features: { deviceFlow: { enabled: true }, revocation: { enabled: true }, devInteractions: { enabled: true }, clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource) => ({ audience: resource, scope: 'models', accessTokenFormat: 'jwt', accessTokenTTL: settings.id_token_s }),
    },
  },
  extraTokenClaims: (ctx, token) => (token.kind === 'ClientCredentials' ? { groups: settings.groups[token.clientId] ?? [] } : undefined),
  issueRefreshToken: async (ctx, client, code) => code.scopes.has('offline_access'),
  rotateRefreshToken: true,
  ttl: {
    IdToken: () => settings.id_token_s, DeviceCode: () => settings.device_code_s, AccessToken: () => 300,
    RefreshToken: () => 86400, Grant: () => 86400, Session: () => 86400, Interaction: () => 3600,
  },
});
provider.on('server_error', (ctx, error) => console.error(error));
// RFC 8628 3.2: who is told no interval asks every five seconds, and each sign-in of a scenario would wait for that
provider.use(async (ctx, next) => {
  await next();
  if (ctx.body?.device_code) ctx.body.interval = 1;
});
const serve = provider.callback();

// oidc-provider forgets the nonce of a device request; most providers return it in the login's token and leave it out later
Object.defineProperty(provider.DeviceCode.prototype, 'nonce', { set() {}, get() { return settings.nonce ? this.params?.nonce : undefined; } });
Object.defineProperty(provider.RefreshToken.prototype, 'nonce', { set() {}, get() {} });

const body = async (req) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts).toString();
};
const answer = (res, status, value) => {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  res.end(JSON.stringify(value));
};

server.on('request', async (req, res) => {
  if (req.url === '/test/settings') {
    Object.assign(settings, JSON.parse(await body(req)));
    return answer(res, 200, settings);
  }
  if (req.url === '/test/sign') return res.end(sign(JSON.parse(await body(req))));
  if (req.url === '/token' && req.method === 'POST') {
    const text = await body(req);
    const grant = new URLSearchParams(text).get('grant_type');
    if (settings.slow_down > 0 && grant?.endsWith('device_code')) {
      settings.slow_down -= 1;
      return answer(res, 400, { error: 'slow_down' });
    }
    if (!settings.refresh && grant === 'refresh_token') return answer(res, 400, { error: 'invalid_grant' });
    req.body = Object.fromEntries(new URLSearchParams(text));      // oidc-provider takes a body that somebody has read
  }
  return serve(req, res);
});
console.log(JSON.stringify({ issuer }));

// A stand-in for an issuer of programs' tokens, such as a Kubernetes cluster is for its service accounts: discovery and keys, no sign-in.
// Prints {"issuer":…} when it is up. POST /test/token with claims: a signed JWT with iss, iat and exp (an hour) unless they say otherwise;
// "forged": true signs with another key of the same kid.
import crypto from 'node:crypto';
import http from 'node:http';

const make = () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = make(), other = make(), kid = 'k1';
const b64 = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function token(claims, issuer) {
  const { forged, ...said } = claims, now = Math.floor(Date.now() / 1000);
  const text = `${b64({ alg: 'ES256', kid, typ: 'JWT' })}.${b64({ iss: issuer, iat: now, exp: now + 3600, ...said })}`;
  return `${text}.${crypto.sign('sha256', Buffer.from(text), { key: (forged ? other : key).privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const server = http.createServer(async (req, res) => {
  const parts = [], issuer = `http://127.0.0.1:${server.address().port}`;
  for await (const part of req) parts.push(part);
  const json = value => res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  if (req.url === '/.well-known/openid-configuration') return json({ issuer, jwks_uri: `${issuer}/jwks`, id_token_signing_alg_values_supported: ['ES256'] });
  if (req.url === '/jwks') return json({ keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' }] });
  if (req.url === '/test/token') return res.end(token(JSON.parse(Buffer.concat(parts).toString()), issuer));
  return res.writeHead(404).end();
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ issuer: `http://127.0.0.1:${server.address().port}` })));

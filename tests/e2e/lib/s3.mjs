// S3-compatible storage for tests, strict where real storage is: signatures of version 4 (every x-amz-* header signed, 15 minutes, the body's
// hash), checksums, Object Lock with versions. Keeps objects in memory. Prints {"url":…} when it is up.
// POST /test/mode: fine; down (500); lost (says 200, stores nothing); unlocked; early (a shorter lock); other (stores another text);
// slow (no answer). GET /test/objects: [{key, versions, bytes, sha256, mode, until}]. Usage: s3.mjs REGION BUCKET ACCESS-KEY-ID SECRET
import crypto from 'node:crypto';
import http from 'node:http';

const [region, bucket, id, secret] = process.argv.slice(2);
const objects = new Map();
let mode = 'fine';

const sha256 = data => crypto.createHash('sha256').update(data).digest();
const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();
class Refused extends Error {
  constructor(status, code) { super(code); this.status = status; }
}
const need = (ok, status, code) => { if (!ok) throw new Refused(status, code); };

function checkSignature(req, body) {
  const h = req.headers;
  const auth = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(h.authorization ?? '');
  need(auth, 403, 'AccessDenied');
  const [, credential, signed, signature] = auth, [who, day, where, service, end] = credential.split('/'), names = signed.split(';');
  need(who === id, 403, 'InvalidAccessKeyId');
  need(where === region && service === 's3' && end === 'aws4_request', 403, 'AuthorizationHeaderMalformed');
  need(names.includes('host') && names.join() === [...names].sort().join(), 403, 'SignatureDoesNotMatch');
  for (const name of Object.keys(h)) need(!name.startsWith('x-amz-') || names.includes(name), 403, 'AccessDenied');
  const at = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(h['x-amz-date'] ?? '');
  need(at && h['x-amz-date'].startsWith(day), 403, 'AccessDenied');
  need(Math.abs(Date.now() - Date.UTC(at[1], at[2] - 1, at[3], at[4], at[5], at[6])) < 900e3, 403, 'RequestTimeTooSkewed');
  need(h['x-amz-content-sha256'] === sha256(body).toString('hex'), 400, 'XAmzContentSHA256Mismatch');
  const [path, query = ''] = req.url.split('?');
  const canonical = [req.method, path, query, ...names.map(n => `${n}:${(h[n] ?? '').trim().replace(/ +/g, ' ')}`), '', signed, h['x-amz-content-sha256']].join('\n');
  const text = ['AWS4-HMAC-SHA256', h['x-amz-date'], `${day}/${region}/s3/aws4_request`, sha256(canonical).toString('hex')].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce(hmac, `AWS4${secret}`);
  need(hmac(key, text).toString('hex') === signature, 403, 'SignatureDoesNotMatch');
}

function put(key, h, body) {
  need(body.length === Number(h['content-length']), 400, 'IncompleteBody');
  need(h['x-amz-checksum-sha256'] === sha256(body).toString('base64'), 400, 'BadDigest');
  const lock = h['x-amz-object-lock-mode'], until = h['x-amz-object-lock-retain-until-date'];
  need(!lock === !until && (!lock || (['COMPLIANCE', 'GOVERNANCE'].includes(lock) && Date.parse(until) > Date.now())), 400, 'InvalidArgument');
  if (mode === 'lost') return;
  const versions = objects.get(key) ?? [];
  versions.push({
    body: mode === 'other' ? Buffer.alloc(body.length, 'x') : body, meta: mode === 'other' ? '0'.repeat(64) : h['x-amz-meta-sha256'],
    lock: mode === 'unlocked' ? undefined : lock, until: mode === 'early' && until ? new Date(Date.now() + 60e3).toISOString() : until,
  });
  objects.set(key, versions);
}

function head(key, res) {
  const o = objects.get(key)?.at(-1);
  need(o, 404, 'NoSuchKey');
  res.setHeader('content-length', o.body.length);
  res.setHeader('x-amz-meta-sha256', o.meta);
  res.setHeader('x-amz-checksum-sha256', sha256(o.body).toString('base64'));
  if (o.lock) res.setHeader('x-amz-object-lock-mode', o.lock).setHeader('x-amz-object-lock-retain-until-date', new Date(o.until).toISOString());
}

function test(req, body, res) {
  if (req.url === '/test/mode') mode = body.toString();
  else if (req.url === '/test/objects')
    return res.end(JSON.stringify([...objects].map(([key, versions]) => ({
      key, versions: versions.length, bytes: versions.at(-1).body.length, sha256: sha256(versions.at(-1).body).toString('hex'),
      mode: versions.at(-1).lock, until: versions.at(-1).until,
    }))));
  else if (req.url.startsWith('/test/object/')) return res.end(objects.get(req.url.slice(13))?.at(-1).body);
  return res.end();
}

const server = http.createServer(async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts);
  if (req.url.startsWith('/test/')) return test(req, body, res);
  if (mode === 'slow') return undefined;
  try {
    need(mode !== 'down', 500, 'InternalError');
    checkSignature(req, body);
    need(req.url.startsWith(`/${bucket}/`), 404, 'NoSuchBucket');
    if (req.method === 'PUT') put(req.url.slice(bucket.length + 2), req.headers, body);
    else if (req.method === 'HEAD') head(req.url.slice(bucket.length + 2), res);
    else need(false, 405, 'MethodNotAllowed');
    return res.end();
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    return res.writeHead(e.status, { 'content-type': 'application/xml' }).end(req.method === 'HEAD' ? undefined : `<Error><Code>${e.message}</Code></Error>`);
  }
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })));

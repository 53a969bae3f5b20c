// A witness for tests (C2SP tlog-witness and tlog-cosignature), strict, unless it is told to lie. Usage: witness.mjs FOLDER PORT NAME
// FOLDER/ledgers: vkeys of the ledgers that it knows. FOLDER/state.json: its key, and the newest checkpoint of each that it cosigned.
// POST /test/mode: honest, slow, badsig, otherkey, old, garbage, huge, fail. GET /test/seen: sizes by origin.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const [folder, port, name] = process.argv.slice(2);
const sha256 = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest();
const spki = (raw) => crypto.createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]), format: 'der', type: 'spki' });
const rawKey = (key) => crypto.createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);

fs.mkdirSync(folder, { recursive: true });
const stateFile = `${folder}/state.json`;
const newKey = () => crypto.generateKeyPairSync('ed25519').privateKey;
if (!fs.existsSync(stateFile))
  fs.writeFileSync(stateFile, JSON.stringify({ key: newKey().export({ format: 'pem', type: 'pkcs8' }), seen: {} }));
const state = JSON.parse(fs.readFileSync(stateFile));
const key = crypto.createPrivateKey(state.key), other = newKey();
const idOf = (who, kind, raw) => sha256(who, '\n', [kind], raw).subarray(0, 4);
const vkey = `${name}+${idOf(name, 4, rawKey(key)).toString('hex')}+${Buffer.concat([[4], rawKey(key)].map((b) => Buffer.from(b))).toString('base64')}`;

function ledgers() {
  if (!fs.existsSync(`${folder}/ledgers`)) return [];
  return fs.readFileSync(`${folder}/ledgers`, 'utf8').split('\n').filter(Boolean).map((line) => {
    const [origin, id, ...rest] = line.split('+');
    return { origin, id, raw: Buffer.from(rest.join('+'), 'base64').subarray(1) };
  });
}

// RFC 9162, 2.1.4.2
function consistent(first, firstRoot, second, secondRoot, path) {
  if (first === 0) return path.length === 0;
  if (first === second) return path.length === 0 && firstRoot.equals(secondRoot);
  path = [...path];
  if ((first & (first - 1)) === 0) path.unshift(firstRoot);
  let fn = first - 1, sn = second - 1;
  while (fn % 2 === 1) { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); }
  if (!path.length) return false;
  let fr = path[0], sr = path[0];
  for (const c of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = sha256([1], c, fr);
      sr = sha256([1], c, sr);
      while (fn % 2 === 0 && fn !== 0) { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); }
    } else {
      sr = sha256([1], sr, c);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && fr.equals(firstRoot) && sr.equals(secondRoot);
}

function cosign(text, by) {
  const now = Math.floor(Date.now() / 1000), time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(now));
  const signature = crypto.sign(null, Buffer.from(`cosignature/v1\ntime ${now}\n${text}`), by);
  return `— ${name} ${Buffer.concat([idOf(name, 4, rawKey(by)), time, signature]).toString('base64')}\n`;
}

let mode = 'honest', first;
function add(body) {
  const m = /^old (0|[1-9]\d*)\n((?:[A-Za-z0-9+/]{43}=\n){0,63})\n(([^\n]+)\n(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\n)\n((?:— [^ ]+ [A-Za-z0-9+/]+=*\n)+)$/.exec(body);
  if (!m) return [400, 'no request'];
  const [, old, proof, text, origin, size, root] = m, lines = m[7].trim().split('\n').map((l) => l.split(' '));
  const known = ledgers().filter((l) => l.origin === origin);
  if (!known.length) return [404, 'unknown ledger'];
  const signed = known.some((l) => lines.some(([, who, blob]) => {
    const bytes = Buffer.from(blob, 'base64');
    return who === origin && bytes.subarray(0, 4).toString('hex') === l.id && crypto.verify(null, Buffer.from(text), spki(l.raw), bytes.subarray(4));
  }));
  if (!signed) return [403, 'not signed'];
  const seen = state.seen[origin] ?? { size: 0, root: '' }, hashes = proof.split('\n').filter(Boolean).map((h) => Buffer.from(h, 'base64'));
  if (+old > +size) return [400, 'old is larger'];
  if (+old !== seen.size || (+size === seen.size && seen.size && root !== seen.root)) return [409, `${seen.size}\n`, 'text/x.tlog.size'];
  if (!consistent(+old, Buffer.from(seen.root, 'base64'), +size, Buffer.from(root, 'base64'), hashes)) return [422, 'not consistent'];
  state.seen[origin] = { size: +size, root };
  fs.writeFileSync(`${stateFile}.new`, JSON.stringify(state));
  fs.renameSync(`${stateFile}.new`, stateFile);
  const line = cosign(text, mode === 'otherkey' ? other : key);
  first ??= line;
  if (mode === 'old') return [200, first];
  return [200, mode === 'badsig' ? cosign(`${text}x\n`, key) : line];
}

const server = http.createServer(async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts).toString();
  if (req.url === '/test/mode') {
    mode = body;
    return res.end();
  }
  if (req.url === '/test/seen') return res.end(JSON.stringify(Object.fromEntries(Object.entries(state.seen).map(([o, s]) => [o, s.size]))));
  if (req.method !== 'POST' || req.url !== '/w/add-checkpoint') return res.writeHead(404).end();
  if (mode === 'slow') return undefined;
  if (mode === 'fail') return res.writeHead(503).end();
  if (mode === 'garbage') return res.end('<html>Please pay</html>');
  if (mode === 'huge') return res.end('— x '.repeat(1 << 20));
  const [status, answer, type] = add(body);
  return res.writeHead(status, { 'content-type': type ?? 'text/plain' }).end(answer);
});
server.listen(Number(port), '127.0.0.1', () => console.log(JSON.stringify({ vkey, url: `http://127.0.0.1:${port}/w` })));

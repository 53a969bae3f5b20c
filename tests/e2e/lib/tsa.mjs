// A time-stamp authority for tests: openssl ts behind an HTTP server. Usage: tsa.mjs FOLDER PORT; makes its root and its own certificate in
// FOLDER (root.pem is what others get), and prints {"url":…} when it is up.
// POST /test/mode: honest; slow: never answers; old: gives the reply to the first request to every other, too.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';

const [folder, port] = process.argv.slice(2);
const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
const config = `[req]
distinguished_name = dn
prompt = no
[dn]
CN = Hospital Root
[tsa_ext]
basicConstraints = CA:FALSE
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = this
[this]
serial = serial
signer_cert = tsa.pem
certs = root.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
`;
if (!fs.existsSync(`${folder}/root.pem`)) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(`${folder}/tsa.cnf`, config);
  fs.writeFileSync(`${folder}/serial`, '01\n');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', 'tsa.cnf'];
  openssl('req', '-x509', ...key, '-days', '30', '-keyout', 'root.key', '-out', 'root.pem');
  openssl('req', ...key, '-subj', '/CN=Hospital Time', '-keyout', 'tsa.key', '-out', 'tsa.csr');
  openssl('x509', '-req', '-in', 'tsa.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-days', '20',
    '-extfile', 'tsa.cnf', '-extensions', 'tsa_ext', '-out', 'tsa.pem');
}

let mode = 'honest', first;
const server = http.createServer(async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts);
  if (req.url === '/test/mode') {
    mode = body.toString();
    return res.end();
  }
  if (mode === 'slow') return undefined;
  let reply = first;
  if (mode === 'honest' || !first) {
    fs.writeFileSync(`${folder}/query`, body);
    openssl('ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query', '-out', 'reply');
    reply = fs.readFileSync(`${folder}/reply`);
    first ??= reply;
  }
  return res.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(reply);
});
server.listen(Number(port), '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/tsa` })));

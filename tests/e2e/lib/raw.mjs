// Bytes on a socket, as no HTTP library would send them. Usage: raw.mjs PORT KEY CASE…
// Prints one line for each case: its name, the status of the first answer (or "closed"), and how many answers came.
import net from 'node:net';

const [port, key, ...names] = process.argv.slice(2);
const good = '{"model":"note","messages":[{"role":"user","content":"hi"}]}';
const head = (...lines) => [...lines, `Host: 127.0.0.1:${port}`, `Authorization: Bearer ${key}`].join('\r\n');
const chat = 'POST /v1/chat/completions HTTP/1.1';
const json = 'Content-Type: application/json';
const length = `Content-Length: ${good.length}`;
const smuggled = `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\nX-Smuggled: yes\r\n\r\n`;
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;
const deep = `{"model":"note","messages":${'['.repeat(10000)}${']'.repeat(10000)}}`;
const body = (text) => `${head(chat, json, `Content-Length: ${Buffer.byteLength(text, 'latin1')}`)}\r\n\r\n${text}`;

const cases = {
  fine: `${head(chat, json, length)}\r\n\r\n${good}`,
  chunked: `${head(chat, json, 'Transfer-Encoding: chunked')}\r\n\r\n${chunk(good)}0\r\n\r\n`,
  'cl-te': `${head(chat, json, 'Content-Length: 4', 'Transfer-Encoding: chunked')}\r\n\r\n${chunk(good)}0\r\n\r\n${smuggled}`,
  'te-cl': `${head(chat, json, 'Transfer-Encoding: chunked', length)}\r\n\r\n0\r\n\r\n${smuggled}`,
  'two-cl': `${head(chat, json, length, 'Content-Length: 4')}\r\n\r\n${good}${smuggled}`,
  'same-cl': `${head(chat, json, length, length)}\r\n\r\n${good}`,
  'list-cl': `${head(chat, json, `Content-Length: ${good.length}, ${good.length}`)}\r\n\r\n${good}`,
  'plus-cl': `${head(chat, json, `Content-Length: +${good.length}`)}\r\n\r\n${good}`,
  'te-identity': `${head(chat, json, 'Transfer-Encoding: identity')}\r\n\r\n${good}`,
  'te-twice': `${head(chat, json, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}\r\n\r\n${chunk(good)}0\r\n\r\n`,
  'te-xchunked': `${head(chat, json, 'Transfer-Encoding: xchunked')}\r\n\r\n${chunk(good)}0\r\n\r\n`,
  'te-space': `${head(chat, json, 'Transfer-Encoding : chunked')}\r\n\r\n${chunk(good)}0\r\n\r\n`,
  'bad-chunk': `${head(chat, json, 'Transfer-Encoding: chunked')}\r\n\r\nzz\r\n${good}\r\n0\r\n\r\n`,
  'huge-chunk': `${head(chat, json, 'Transfer-Encoding: chunked')}\r\n\r\nffffffffffffffff0\r\n${good}\r\n0\r\n\r\n`,
  'chunk-lf': `${head(chat, json, 'Transfer-Encoding: chunked')}\r\n\r\n${good.length.toString(16)}\n${good}\n0\n\n`,
  'obs-fold': `${head(chat, json, 'X-Fold: a', ' b', length)}\r\n\r\n${good}`,
  'bare-lf': `${head(chat, json, length).replaceAll('\r\n', '\n')}\n\n${good}`,
  'bare-cr': `${head(chat, json, 'X-A: b\rX-C: d', length)}\r\n\r\n${good}`,
  'nul-header': `${head(chat, json, 'X-A: b\0c', length)}\r\n\r\n${good}`,
  'huge-header': `${head(chat, json, `X-A: ${'a'.repeat(70000)}`, length)}\r\n\r\n${good}`,
  'many-headers': `${head(chat, json, ...Array.from({ length: 5000 }, (_, n) => `X-${n}: ${n}`), length)}\r\n\r\n${good}`,
  'no-host': `${chat}\r\n${json}\r\n${length}\r\nAuthorization: Bearer ${key}\r\n\r\n${good}`,
  'two-hosts': `${head(chat, 'Host: 127.0.0.1', json, length)}\r\n\r\n${good}`,
  absolute: `${head('GET http://evil.example/v1/models HTTP/1.1')}\r\n\r\n`,
  connect: `${head('CONNECT evil.example:443 HTTP/1.1')}\r\n\r\n`,
  'http-2': `${head('GET /v1/models HTTP/2.0')}\r\n\r\n`,
  'http-0.9': 'GET /v1/models\r\n\r\n',
  preface: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  garbage: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n',
  dots: `${head('GET /v1/../slots HTTP/1.1')}\r\n\r\n`,
  'dots-encoded': `${head('GET /v1/%2e%2e/slots HTTP/1.1')}\r\n\r\n`,
  backslash: `${head('GET /v1\\models HTTP/1.1')}\r\n\r\n`,
  upgrade: `${head('GET /v1/models HTTP/1.1', 'Upgrade: h2c', 'Connection: Upgrade')}\r\n\r\n`,
  'bad-json': body('{"model":"note","messages":['),
  'two-values': body(`${good}{}`),
  'bad-utf8': body('{"model":"note","messages":[{"role":"user","content":"\xff\xfe"}]}'),
  bom: body(`\xef\xbb\xbf${good}`),
  surrogate: body('{"model":"note","messages":[{"role":"user","content":"\\ud800"}]}'),
  'nul-text': body('{"model":"note","messages":[{"role":"user","content":"a\\u0000b"}]}'),
  nan: body('{"model":"note","temperature":NaN,"messages":[]}'),
  'same-key': body('{"model":"note","messages":[],"messages":[{"role":"user","content":"hi"}]}'),
  'case-key': body('{"model":"note","Messages":[{"role":"user","content":"x"}],"messages":[]}'),
  deep: body(deep),
  gzip: `${head(chat, json, 'Content-Encoding: gzip', length)}\r\n\r\n${good}`,
};

for (const name of names.length ? names : Object.keys(cases)) {
  const got = await new Promise((done) => {
    const socket = net.connect(Number(port), '127.0.0.1');
    let all = '';
    const end = () => { socket.destroy(); done(all); };
    socket.setTimeout(4000, end);
    socket.on('data', (data) => { all += data.toString('latin1'); });
    socket.on('close', end).on('error', end);
    socket.write(Buffer.from(cases[name], 'latin1'));
  });
  const answers = got.match(/HTTP\/1\.1 \d{3}/g) ?? [];
  console.log(name, answers[0]?.slice(9) ?? 'closed', answers.length);
}

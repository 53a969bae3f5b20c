// Who receives events: a syslog server over TLS (RFC 5425 framing), or an HTTP endpoint. What came is appended to FILE, a message or a body's line
// each; HTTP requests' heads to FILE.heads. Usage: receiver.mjs syslog|http PORT FILE [CERT KEY CA]; prints "ready". http: PATH /refuse answers 503.
import fs from 'node:fs';
import http from 'node:http';
import tls from 'node:tls';

const [kind, port, file, cert, key, ca] = process.argv.slice(2);
const keep = (text) => fs.appendFileSync(file, `${text}\n`);

const syslog = () => tls.createServer({
  cert: fs.readFileSync(cert), key: fs.readFileSync(key), ...(ca ? { ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: true } : {}),
}, (socket) => {
  let waiting = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    waiting = Buffer.concat([waiting, data]);
    for (;;) {
      const space = waiting.indexOf(' ');
      if (space < 1) return;
      const head = waiting.subarray(0, space).toString('latin1');
      if (!/^[1-9]\d{0,6}$/.test(head)) { keep(`NO FRAME: ${head}`); socket.destroy(); return; }
      if (waiting.length < space + 1 + +head) return;
      keep(waiting.subarray(space + 1, space + 1 + +head).toString());
      waiting = waiting.subarray(space + 1 + +head);
    }
  });
});
const web = () => http.createServer((request, response) => {
  let body = '';
  request.on('data', (data) => { body += data; });
  request.on('end', () => {
    fs.appendFileSync(`${file}.heads`, `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']}\n`);
    for (const line of body.split('\n').filter((l) => l)) keep(line);
    response.end('{"text":"Success","code":0}');
  });
});
(kind === 'syslog' ? syslog() : web()).listen(+port, '127.0.0.1', () => console.log('ready'));

// A webhook endpoint for tests: takes what comes on a free port of 127.0.0.1, and checks the signature as a receiver does.
// Prints {"url":…} when it is up, then one line for each notice: {"type","verified","id","data"}, or {"text"} of Slack's kind.
// POST /test/status with a number: what it answers from then on. Usage: hook.mjs WHSEC_SECRET
import crypto from 'node:crypto';
import http from 'node:http';

const key = Buffer.from(process.argv[2].replace(/^whsec_/, ''), 'base64');
let status = 204;

const verified = (headers, body) => {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
  const wanted = crypto.createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return signature === `v1,${wanted}` && Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
};

const server = http.createServer(async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts).toString();
  if (req.url === '/test/status') {
    status = Number(body);
    return res.end();
  }
  const { type, data, text } = JSON.parse(body);
  if (status < 300) console.log(JSON.stringify(text ? { text } : { type, verified: verified(req.headers, body), id: req.headers['webhook-id'], data }));
  return res.writeHead(status).end();
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })));

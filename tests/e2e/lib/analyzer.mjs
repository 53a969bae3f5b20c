// A stand-in for Microsoft Presidio's analyzer, for tests: POST /analyze {text, language} answers [{start, end, entity_type, score}] for a
// few made-up words, offsets in characters. Prints {"url":…} when it is up. Usage: analyzer.mjs [KEY.pem CERT.pem]   (then it speaks https)
//   POST /test/mode {"mode": fine | error | html | outside | huge | drip | mute}   how it answers from now on
//   GET /test/log      {requests: [{headers, body}], connections}
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const WORDS = { blorft: 'PERSON', gnarl: 'LOCATION', 'badge-7': 'BADGE', 'twice daily': 'DATE_TIME' };
const requests = [];
let mode = 'fine';
let connections = 0;

function found(text) {
  const characters = (to) => [...text.slice(0, to)].length;
  return Object.entries(WORDS).flatMap(([word, entity_type]) => [...text.matchAll(new RegExp(word, 'g'))].map((at) => ({
    entity_type, start: characters(at.index), end: characters(at.index + word.length), score: 0.85, analysis_explanation: null,
    recognition_metadata: { recognizer_name: 'StandIn' },
  })));
}

const answers = {
  fine: (text) => [200, 'application/json', JSON.stringify(found(text))],
  error: () => [500, 'application/json', '{"error":"no"}'],
  html: () => [200, 'text/html', '[]'],
  outside: () => [200, 'application/json', '[{"entity_type":"PERSON","start":-1,"end":1000000,"score":0.9}]'],
  huge: () => [200, 'application/json', `[${' '.repeat(2 << 20)}]`],
};

const options = process.argv[3] ? { key: fs.readFileSync(process.argv[2]), cert: fs.readFileSync(process.argv[3]) } : {};
const server = (options.key ? https : http).createServer(options, async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts).toString();
  if (req.url === '/test/log') return res.end(JSON.stringify({ requests, connections }));
  if (req.url === '/test/mode') {
    ({ mode } = JSON.parse(body));
    return res.end('{}');
  }
  requests.push({ headers: req.headers, body });
  if (req.method !== 'POST' || req.url !== '/analyze') return res.writeHead(404).end();
  if (mode === 'mute') return undefined;
  if (mode === 'drip') {
    res.writeHead(200, { 'Content-Type': 'application/json' });
    const timer = setInterval(() => res.write(' '), 50);
    return res.on('close', () => clearInterval(timer));
  }
  const [status, type, data] = answers[mode](JSON.parse(body).text);
  return res.writeHead(status, { 'Content-Type': type }).end(data);
});
server.on(options.key ? 'secureConnection' : 'connection', () => { connections += 1; });
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `${options.key ? 'https' : 'http'}://127.0.0.1:${server.address().port}` })));

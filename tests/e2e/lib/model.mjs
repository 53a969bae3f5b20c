// A stand-in for a model server, for tests and the demo: it speaks every dialect (wire.mjs has most) and answers with synthetic clinical
// text full of identifiers, or as a script says. Prints {"url":…} when it is up. Usage: model.mjs [PORT] [PACE_MS]
//   the request's "model" names the script; scripts that are not built in are set by POST /test/scripts {NAME: {…}}
//   GET /test/log      the requests so far: {method, path, headers, body, status: open | done | client gone}
import http from 'node:http';
import zlib from 'node:zlib';
import { responses, messages, completion, generate, infer, triton } from './wire.mjs';

const NOTE = 'Dr. Jane Smith saw the patient on the ward on 03/14/2024. SSN: 536-22-8741, MRN: 84729315, call (617) 482-3190 or write to '
  + 'jsmith@stmarys-clinic.org. Blood pressure 120/80; continue metformin 500 mg twice daily.';
const pace = Number(process.argv[3] ?? 0);
// text: the answer; echo: the last message instead; tool: arguments of a tool call; cut: characters per token (default: words)
// pace_ms between events; repeat: the text over and over; wait_ms before the answer; silent_after, cut_after: events, then silence or a reset;
// raw: [status, type, body] as it is; gzip; head: more headers; content_length: a wrong one
const scripts = {
  note: { text: NOTE }, echo: { echo: true }, plain: { text: 'Continue metformin 500 mg twice daily; blood pressure 120/80.' },
  slow: { text: `${NOTE} `, repeat: 400, pace_ms: 20 }, silent: { text: NOTE, silent_after: 5 }, reset: { text: NOTE, cut_after: 9 },
  mute: { wait_ms: 600000, text: '' }, tool: { tool: JSON.stringify({ patient: 'Dr. Jane Smith', ssn: '536-22-8741', dose_mg: 500 }) },
  garbage: { raw: [200, 'application/json', '{"choices":[{"message":{"content":"SSN: 536-22-8741'] },
  notjson: { raw: [200, 'application/json', 'Upstream says: patient with SSN: 536-22-8741 is here'] },
  half: { raw: [200, 'text/event-stream', 'data: {"choices":[{"index":0,"delta":{"content":"SSN: 536-22-87'] },
  binary: { raw: [200, 'application/octet-stream', '\u0000\u0001SSN: 536-22-8741'] },
  html: { raw: [200, 'text/html', '<p>Dr. Jane Smith, SSN: 536-22-8741</p>'] },
  busy: { raw: [429, 'application/json', '{"error":{"message":"slow down, SSN: 536-22-8741","type":"rate_limit_error","param":null,"code":null}}'] },
  zipped: { text: NOTE, gzip: true }, chars: { text: NOTE, cut: 1 },
};
const log = [];

const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
const tokens = (script, text) => (script.cut ? text.match(new RegExp(`[\\s\\S]{1,${script.cut}}`, 'gu')) : text.match(/\S+\s*|\s+/g)) ?? [];
const usage = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 };

// ---- dialects: how a whole answer and the pieces of a streamed one look -----------------------------------------------
const openai = {
  type: 'text/event-stream',
  whole: (model, text, script) => ({
    id: 'chatcmpl-stand-in', object: 'chat.completion', created: 1751990400, model, usage,
    choices: [{
      index: 0, finish_reason: script.tool ? 'tool_calls' : 'stop', message: script.tool
        ? { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'lookup', arguments: script.tool } }] }
        : { role: 'assistant', content: text },
    }],
  }),
  * events(model, pieces, script) {
    const event = (delta, reason = null) => `data: ${JSON.stringify({
      id: 'chatcmpl-stand-in', object: 'chat.completion.chunk', created: 1751990400, model, choices: [{ index: 0, delta, finish_reason: reason }],
    })}\n\n`;
    const call = (fn) => ({ tool_calls: [{ index: 0, ...fn }] });
    yield event({ role: 'assistant', ...(script.tool ? call({ id: 'call_1', type: 'function', function: { name: 'lookup', arguments: '' } }) : { content: '' }) });
    for (const piece of pieces) yield event(script.tool ? call({ function: { arguments: piece } }) : { content: piece });
    yield event({}, script.tool ? 'tool_calls' : 'stop');
    yield 'data: [DONE]\n\n';
  },
};
const completions = {
  ...openai,
  whole: (model, text) => ({ id: 'cmpl-stand-in', object: 'text_completion', created: 1751990400, model, usage, choices: [{ index: 0, text, finish_reason: 'stop' }] }),
  * events(model, pieces) {
    const event = (text, reason = null) => `data: ${JSON.stringify({
      id: 'cmpl-stand-in', object: 'text_completion', created: 1751990400, model, choices: [{ index: 0, text, finish_reason: reason }],
    })}\n\n`;
    for (const piece of pieces) yield event(piece);
    yield event('', 'stop');
    yield 'data: [DONE]\n\n';
  },
};
const ollama = (part, call = part) => ({
  type: 'application/x-ndjson',
  whole: (model, text, script) => ({ model, created_at: '2025-07-08T16:00:00Z', ...(script.tool ? call(script.tool) : part(text)), done: true, done_reason: 'stop', eval_count: 12 }),
  * events(model, pieces, script) {
    const parts = script.tool ? [call(script.tool)] : pieces.map(part);
    for (const one of parts) yield `${JSON.stringify({ model, created_at: '2025-07-08T16:00:00Z', ...one, done: false })}\n`;
    yield `${JSON.stringify({ model, created_at: '2025-07-08T16:00:00Z', ...part(''), done: true, done_reason: 'stop', eval_count: 12 })}\n`;
  },
});
const routes = {
  'POST /v1/chat/completions': openai, 'POST /v1/completions': completions,
  'POST /v1/responses': responses, 'POST /v1/messages': messages, 'POST /completion': completion, 'POST /infill': completion,
  'POST /generate': generate, 'POST /generate_stream': { ...generate, streams: true }, 'POST /': { ...generate, whole: (...of) => [generate.whole(...of)] },
  'POST /v2/models/*/infer': infer, 'POST /v2/models/*/generate': triton, 'POST /v2/models/*/generate_stream': { ...triton, streams: true },
  'POST /api/chat': ollama((content) => ({ message: { role: 'assistant', content } }),
    (call) => ({ message: { role: 'assistant', content: '', tool_calls: [{ function: { name: 'lookup', arguments: JSON.parse(call) } }] } })),
  'POST /api/generate': ollama((response) => ({ response })),
};
const fixed = {
  'GET /v1/models': { object: 'list', data: [{ id: 'note', object: 'model', created: 1751990400, owned_by: 'stand-in' }] },
  'GET /api/tags': { models: [{ name: 'note', model: 'note', size: 1 }] }, 'GET /api/version': { version: '0.9.0' }, 'POST /v1/messages/count_tokens': { input_tokens: 9 },
  'GET /info': { model_id: 'org/notes', router: 'stand-in' }, 'GET /v2/models/*/ready': {}, 'GET /health': { status: 'ok' }, 'GET /api/ps': { models: [] },
};

// ---- one request --------------------------------------------------------------------------------------------------------
async function send(res, entry, script, events) {
  let n = 0;
  for (const event of events) {
    if (entry.status !== 'open') return;
    if (n === script.silent_after) return;
    if (n === script.cut_after) {
      res.socket.resetAndDestroy();
      return;
    }
    n += 1;
    if (!res.write(event)) await new Promise((go) => { res.once('drain', go); res.once('close', go); });
    if (script.pace_ms ?? pace) await sleep(script.pace_ms ?? pace);
  }
  res.end();
}

function reply(res, status, type, data, script) {
  const bytes = script.gzip ? zlib.gzipSync(data) : Buffer.from(data);
  res.writeHead(status, {
    'Content-Type': type, 'Content-Length': script.content_length ?? bytes.length, ...(script.gzip && { 'Content-Encoding': 'gzip' }), ...script.head,
  });
  res.end(bytes);
}

async function answer(req, res, entry) {
  const [, in_path] = req.url.match(/^\/v2\/models\/([^/]+)/) ?? [];
  const route = `${req.method} ${req.url.split('?')[0].replace(/^\/openai\//, '/').replace(`/models/${in_path}`, '/models/*')}`;
  if (req.url === '/' && 'GET HEAD'.includes(req.method)) return reply(res, 200, 'text/plain; charset=utf-8', 'Ollama is running', {});
  if (fixed[route]) return reply(res, 200, 'application/json', JSON.stringify(fixed[route]), {});
  const dialect = routes[route];
  if (!dialect) return reply(res, 404, 'application/json', '{"error":{"message":"no such route","type":"not_found"}}', {});
  const asked = { model: in_path, ...JSON.parse(entry.body) };
  const script = scripts[asked.model] ?? scripts.note;
  if (script.wait_ms) await sleep(script.wait_ms);
  if (script.raw) return reply(res, script.raw[0], script.raw[1], script.raw[2], script);
  const said = script.echo ? asked.messages?.at(-1)?.content ?? asked.prompt ?? asked.inputs ?? asked.text_input : script.text ?? NOTE;
  const text = said.repeat(script.repeat ?? 1);
  const streamed = dialect.streams ? true : dialect.type === 'text/event-stream' ? asked.stream === true : asked.stream !== false;
  if (!streamed) return reply(res, 200, 'application/json', JSON.stringify(dialect.whole(asked.model, text, script)), script);
  const pieces = tokens(script, script.tool ?? text);
  if (script.gzip) return reply(res, 200, dialect.type, [...dialect.events(asked.model, pieces, script)].join(''), script);
  res.writeHead(200, { 'Content-Type': dialect.type, 'Cache-Control': 'no-cache', ...script.head });
  return send(res, entry, script, dialect.events(asked.model, pieces, script));
}

const server = http.createServer(async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts).toString();
  if (req.url === '/test/log') return res.end(JSON.stringify(log));
  if (req.url === '/test/scripts') {
    Object.assign(scripts, JSON.parse(body));
    return res.end('{}');
  }
  const entry = { method: req.method, path: req.url, headers: req.headers, raw_headers: req.rawHeaders, body, status: 'open' };
  log.push(entry);
  res.on('finish', () => { entry.status = 'done'; });
  res.on('close', () => { if (entry.status === 'open') entry.status = 'client gone'; });
  return answer(req, res, entry).catch((error) => reply(res, 400, 'application/json', JSON.stringify({ error: { message: error.message, type: 'bad' } }), {}));
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })));

// A page of `phigate replay --html`, read as a browser reads it (parse5, the WHATWG algorithm): nothing in it may run, load, send or lead elsewhere.
// Usage: page.mjs FILE text | page.mjs FILE open BROWSER
//   text  what a reader sees, once all that is demanded of the page holds
//   open  the same text as BROWSER (chromium) shows it, with scripts allowed and a server of our own as all the network there is, which must not be asked for evil.example
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { parse } from 'parse5';

const [file, how, browser] = process.argv.slice(2);
const html = fs.readFileSync(file, 'utf8');
const fail = (what) => { console.error(`${file}: ${what}`); process.exit(1); };
const elements = 'html head meta title style body main header section footer article figure figcaption svg rect a h1 h2 h3 h4 p div span b small code pre mark time '
  + 'details summary table thead tbody tr th td dl dt dd ol ul li';
const attributes = 'lang charset http-equiv content name class id href datetime scope aria-hidden aria-label role viewBox preserveAspectRatio x y width height open';
const allowed = { elements: new Set(elements.split(' ')), attributes: new Set(attributes.split(' ')) };

const all = [];
const walk = (node) => {
  if (node.tagName) all.push(node);
  if (node.nodeName === '#comment') fail('a comment');
  node.childNodes?.forEach(walk);
};
const text = (node) => node.value ?? (node.tagName === 'style' ? '' : (node.childNodes ?? []).map(text).join(''));
const errors = [];
const document = parse(html, { onParseError: (error) => errors.push(error.code) });
walk(document);
if (errors.length) fail(`no HTML: ${errors.slice(0, 3)}`);
if (document.mode !== 'no-quirks') fail('quirks');

for (const { tagName, attrs } of all) {
  if (!allowed.elements.has(tagName)) fail(`<${tagName}>`);
  for (const { name, value } of attrs) {
    if (!allowed.attributes.has(name)) fail(`<${tagName} ${name}>`);
    if (name === 'href' && !/^#x\d+$/.test(value)) fail(`href ${value}`);
  }
}
const of = (name) => all.filter(({ tagName }) => tagName === name);
const policy = of('meta').map(({ attrs }) => Object.fromEntries(attrs.map(({ name, value }) => [name, value])))
  .find((meta) => meta['http-equiv'] === 'Content-Security-Policy')?.content;
const [style, more] = of('style');
if (!style || more) fail('not one style');
const hash = createHash('sha256').update(style.childNodes[0].value).digest('base64');
if (policy !== `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`) fail(`policy ${policy}`);
if (/url\(|@import|expression/i.test(style.childNodes[0].value)) fail('the style loads something');
for (const { attrs } of of('a')) {
  const to = attrs.find(({ name }) => name === 'href').value.slice(1);
  if (!all.some((one) => one.attrs.some(({ name, value }) => name === 'id' && value === to))) fail(`#${to} leads nowhere`);
}
const seen = text(of('body')[0]);
if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(seen)) fail('hidden characters');

if (how === 'text') {
  process.stdout.write(seen);
} else {
  const asked = [];
  const note = ({ url }, to) => { asked.push(url); to.end(); };
  const server = http.createServer(note).on('connect', note).listen(0, '127.0.0.1', () => {
    const folder = fs.mkdtempSync(`${file}.browser-`);
    const run = spawn(browser, ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-component-update',
      `--user-data-dir=${folder}`, `--proxy-server=127.0.0.1:${server.address().port}`, '--dump-dom', `file://${file}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    let shown = '';
    run.stdout.setEncoding('utf8').on('data', (piece) => { shown += piece; });
    run.on('close', (status) => {
      fs.rmSync(folder, { recursive: true, force: true });
      server.close();
      if (status !== 0) fail(`${browser} ends with ${status}`);
      const dom = [];
      const look = (node) => { if (node.tagName === 'body') dom.push(text(node)); node.childNodes?.forEach(look); };
      look(parse(shown));
      if (dom[0]?.trim() !== seen.trim()) fail('the browser shows something else');
      // what it asks for on its own account is none of the page's
      if (asked.some((url) => url.includes('evil.example'))) fail(`it asked for ${asked}`);
      process.stdout.write(seen);
    });
  });
}

// What people do in a browser with a device code: open the page, sign in, agree. Usage: signin.mjs URL USER… or URL USER deny
async function page(jar, address, form) {
  for (let hops = 0; hops < 12; hops += 1) {
    const answer = await fetch(address, {
      method: form ? 'POST' : 'GET', redirect: 'manual', body: form && new URLSearchParams(form),
      headers: { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    const cookies = answer.headers.getSetCookie?.() ?? answer.headers.get('set-cookie')?.split(/,(?=\s*[\w.]+=)/) ?? [];
    for (const cookie of cookies) {
      const [, name, value] = cookie.match(/^\s*([^=]+)=([^;]*)/);
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    const next = answer.headers.get('location');
    if (!next) return { address, status: answer.status, html: await answer.text() };
    address = new URL(next, address).href;
    form = undefined;
  }
  throw new Error('too many redirects');
}

const field = (html, name) => html.match(new RegExp(`name="${name}"[^>]*value="([^"]*)"`))?.[1];
const action = (at) => new URL(at.html.match(/action="([^"]+)"/)[1].replaceAll('&amp;', '&'), at.address).href;

async function signIn(url, user, deny) {
  const jar = new Map();
  let at = await page(jar, url);
  const said = [];
  for (let steps = 0; steps < 8 && /<form/.test(at.html); steps += 1) {
    if (/name="prompt" value="login"/.test(at.html)) {
      at = await page(jar, action(at), { prompt: 'login', login: user, password: 'demo' });
    } else if (/name="prompt" value="consent"/.test(at.html)) {
      at = await page(jar, action(at), { prompt: 'consent' });
    } else {                                         // the code's page, then the one that asks whether it is this device
      const form = { xsrf: field(at.html, 'xsrf'), user_code: field(at.html, 'user_code') ?? new URL(url).searchParams.get('user_code') };
      if (field(at.html, 'confirm') || /op\.deviceConfirmForm/.test(at.html)) Object.assign(form, deny ? { abort: 'yes' } : { confirm: 'yes' });
      at = await page(jar, action(at), form);
      if (deny && form.abort) return;
    }
    said.push(at.html.replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim());
  }
  if (at.status !== 200 || !/success/i.test(at.html)) {
    console.error(`sign-in of ${user} ends with HTTP ${at.status}: ${said.at(-1)}`);
    process.exitCode = 1;
  }
}

const words = process.argv.slice(2), deny = words[2] === 'deny';
await Promise.all(Array.from({ length: deny ? 1 : words.length / 2 }, (_, n) => signIn(words[2 * n], words[2 * n + 1], deny)));

// The live page of `stampede serve` in a real browser: it shows what arrives, adds and lifts faults,
// asks nobody but its own server, and fits a phone.
//
// STAMPEDE_SCREENSHOTS keeps pictures in that folder.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startServer } from './start_server.mjs';

const browserPath = process.env.CHROMIUM || '/usr/bin/chromium';
const chat = { model: 'deepseek-v4-flash', messages: [{ role: 'user', content: 'ping' }], thinking: { type: 'disabled' } };

function ask(server, key = 'sk-0123456789abcdef') {
  return fetch(`${server.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(chat),
  }).then(async (answer) => ({ status: answer.status, body: await answer.text() }));
}

const coloursOf = (canvas) => {
  const { width, height } = canvas;
  const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const seen = new Set();
  for (let i = 0; i < pixels.length; i += 4) seen.add(pixels.slice(i, i + 4).join());
  return seen.size;
};

describe('the live page', { skip: existsSync(browserPath) ? false : `${browserPath} is missing` }, () => {
  let browser;

  before(async () => {
    browser = await chromium.launch({
      executablePath: browserPath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
  });
  after(() => browser?.close());

  // Opens the page, hands it to `look`, then checks that nothing went wrong on the way.
  async function open(server, options, name, look, expected = []) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints = [];
    const elsewhere = [];
    page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) complaints.push(m.text()); });
    page.on('pageerror', (e) => complaints.push(String(e)));
    page.on('request', (r) => { if (!r.url().startsWith(server.url) && !r.url().startsWith('data:')) elsewhere.push(r.url()); });
    await page.goto(`${server.url}/_stampede/`);
    await look(page);
    const shots = process.env.STAMPEDE_SCREENSHOTS;
    if (shots) await page.screenshot({ path: join(shots, `live-${name}.png`), fullPage: true });
    assert.deepEqual(complaints.filter((c) => !expected.some((e) => e.test(c))), []);
    assert.deepEqual(elsewhere, []);
    await context.close();
  }
  const shown = (page) => page.waitForSelector('html[data-state=shown]', { timeout: 10_000, state: 'attached' });

  test('shows arrivals and adds and lifts faults', async (t) => {
    const server = await startServer(t, '[server]\ntime_to_first_token = "10ms"\ntokens_per_second = 1000\n');
    await open(server, { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }, 'desktop', async (page) => {
      await shown(page);
      assert.equal(await page.textContent('#name'), 'e2e');
      assert.match(await page.textContent('#faults'), /None/);
      for (let i = 0; i < 3; i++) assert.equal((await ask(server)).status, 200);
      await page.click('text=503 for 30 s');
      await page.waitForSelector('#faults button');
      assert.match(await page.textContent('#faults'), /outage: .*open, .* left, 0 taken/);
      for (let i = 0; i < 2; i++) assert.equal((await ask(server)).status, 503);
      await page.waitForFunction(() => document.querySelectorAll('#attempts tr').length === 5, null, { timeout: 5000 });
      const rows = await page.$$eval('#attempts tr', (all) => all.map((r) => r.innerText.split('\t').map((c) => c.trim())));
      assert.deepEqual(rows.map((r) => r[1]), ['503', '503', '200', '200', '200']);
      assert.equal(rows[0][3], 'outage');
      assert.equal(rows[2][3], '');
      assert.equal(rows[2][7], '****cdef');
      assert.equal(await page.textContent('#seen'), '5');
      assert.match(await page.textContent('#legend'), /success 3.*503 2/s);
      assert.ok(await page.$eval('#chart', coloursOf) > 4, 'bars are drawn');
      await page.click('#faults button');
      await page.waitForFunction(() => document.querySelector('#faults').innerText.includes('None'));
      assert.equal((await ask(server)).status, 200);
    });
  });

  test('takes a fault as JSON and says what is wrong with one', async (t) => {
    const server = await startServer(t);
    await open(server, { viewport: { width: 1280, height: 900 } }, 'json', async (page) => {
      await shown(page);
      await page.fill('#add textarea', '{"kind": "status", "status": 402, "mesage": "x"}');
      await page.click('text=Add this fault');
      await page.waitForFunction(() => document.querySelector('#said').innerText.length > 0);
      assert.match(await page.textContent('#said'), /unknown key 'mesage', did you mean 'message'\?/);
      await page.fill('#add textarea', '{"kind": "status", "status": 402}');
      await page.click('text=Add this fault');
      await page.waitForSelector('#faults button');
      assert.equal((await ask(server)).status, 402);
      await page.click('text=Lift all');
      await page.waitForFunction(() => document.querySelector('#faults').innerText.includes('None'));
      await page.click('text=Reset counters');
      await page.waitForFunction(() => document.querySelector('#seen').innerText === '0');
    }, [/status of 400/]);
  });

  test('fits a phone, and the dark, without sideways scrolling', async (t) => {
    const server = await startServer(t, '[[fault]]\nkind = "rate_limit"\nretry_after = "5s"\nratio = 0.5\n');
    for (let i = 0; i < 12; i++) await ask(server, `sk-0123456789abcde${i}`);
    await open(server, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: 'dark' }, 'phone', async (page) => {
      await shown(page);
      const [content, view] = await page.evaluate(() =>
        [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(content <= view, `content is ${content} px wide`);
      const table = await page.$eval('.scroll', (e) => [e.scrollWidth, e.clientWidth]);
      assert.ok(table[0] <= table[1], `the table is ${table[0]} of ${table[1]} px wide`);
      const [red] = (await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).match(/\d+/g).map(Number);
      assert.ok(red < 60, 'the page is dark');
    });
  });

  test('asks for the token where there is one', async (t) => {
    const server = await startServer(t, '', ['--token', 'swordfish']);
    await open(server, { viewport: { width: 1280, height: 900 } }, 'token', async (page) => {
      await page.waitForSelector('#door:not([hidden])');
      await page.fill('#token input', 'swordfish');
      await page.click('#token button');
      await shown(page);
      assert.equal(await page.isVisible('#door'), false);
    }, [/status of 401/]);
  });
});

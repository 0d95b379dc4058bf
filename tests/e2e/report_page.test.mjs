// The report page in a real browser: charts drawn, no error, no network, no sideways scroll.
//
// STAMPEDE_REPORT names a report.html; without it the unit tests beside $STAMPEDE write the
// page of their synthetic storm. STAMPEDE_SCREENSHOTS keeps pictures in that folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const browserPath = process.env.CHROMIUM || '/usr/bin/chromium';

function pageFile(folder) {
  if (process.env.STAMPEDE_REPORT) return process.env.STAMPEDE_REPORT;
  assert.ok(process.env.STAMPEDE, 'STAMPEDE must name the built program, or STAMPEDE_REPORT a page');
  const tests = resolve(dirname(process.env.STAMPEDE), '..', 'tests', 'test_unit_reports');
  const file = join(folder, 'report.html');
  execFileSync(tests, ['--gtest_filter=ReportPage.*'], {
    cwd: root, env: { ...process.env, STAMPEDE_WRITE_PAGE: file }, stdio: 'pipe',
  });
  return file;
}

// How many colours a canvas shows: an empty one has a single (transparent) one.
const coloursOf = (canvas) => {
  const { width, height } = canvas;
  const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const seen = new Set();
  for (let i = 0; i < pixels.length; i += 4 * 7) seen.add(pixels.slice(i, i + 4).join());
  return seen.size;
};

describe('report.html', { skip: existsSync(browserPath) ? false : `${browserPath} is missing` }, () => {
  let browser;
  let folder;
  let url;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stampede-page-'));
    url = pathToFileURL(pageFile(folder)).href;
    browser = await chromium.launch({
      executablePath: browserPath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
  });

  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  // Opens the page, hands it to `look`, then checks that nothing went wrong on the way.
  async function open(options, name, look) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints = [];
    const requests = [];
    page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) complaints.push(m.text()); });
    page.on('pageerror', (e) => complaints.push(String(e)));
    page.on('dialog', (d) => { complaints.push(`dialog: ${d.message()}`); d.dismiss(); });
    page.on('request', (r) => requests.push(r.url()));
    await page.goto(url);
    await page.waitForSelector('html[data-charts=drawn]', { timeout: 10_000, state: 'attached' });
    await look(page);
    const shots = process.env.STAMPEDE_SCREENSHOTS;
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests.filter((r) => r !== url && !r.startsWith('data:')), []);
    await context.close();
  }

  async function chartsAreDrawn(page) {
    const charts = await page.$$eval('canvas', (all) => all.map((c) => c.id));
    assert.deepEqual(charts, ['load', 'results', 'minute', 'latency', 'cost']);
    for (const id of charts) {
      const colours = await page.$eval(`#${id}`, coloursOf);
      assert.ok(colours > 3, `chart ${id} shows ${colours} colours`);
    }
  }

  test('draws its charts on a desktop', () =>
    open({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' }, 'desktop', chartsAreDrawn));

  test('draws its charts in the dark', () =>
    open({ viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }, 'dark', async (page) => {
      await chartsAreDrawn(page);
      const [red] = (await page.evaluate(() => getComputedStyle(document.body).backgroundColor))
        .match(/\d+/g).map(Number);
      assert.ok(red < 60, 'the page is dark');
    }));

  test('fits a phone without sideways scrolling', () =>
    open({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }, 'phone', async (page) => {
      await chartsAreDrawn(page);
      await page.$eval('details', (d) => { d.open = true; }).catch(() => {});
      const [content, view] = await page.evaluate(() =>
        [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.equal(view, 390);
      assert.ok(content <= view, `content is ${content} px wide`);
    }));

  test('can be read without its script', () =>
    (async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(url);
      const text = await page.innerText('main');
      for (const word of ['Success rate', 'Amplification', 'p99', 'Billed', 'Failures by outcome'])
        assert.ok(text.includes(word), `"${word}" is on the page`);
      await context.close();
    })());
});

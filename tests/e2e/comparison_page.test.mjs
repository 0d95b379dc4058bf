// The comparison page in a real browser, at desktop and phone width: no sideways scroll, no
// error, no network, every run in every chart.
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
const labels = ['guide', 'guide-snippet'];

describe('comparison.html', { skip: existsSync(browserPath) ? false : `${browserPath} is missing` }, () => {
  let browser;
  let folder;
  let url;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stampede-comparison-'));
    execFileSync(resolve(process.env.STAMPEDE), ['run', 'rate_limit_storm', '--replications', '3', '--vary',
      `client.preset=${labels}`, '--out', folder], { cwd: root, stdio: 'pipe' });
    url = pathToFileURL(join(folder, 'rate_limit_storm', 'comparison.html')).href;
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

  for (const [name, options] of [
    ['desktop', { viewport: { width: 1280, height: 900 } }],
    ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true }],
    ['dark', { viewport: { width: 800, height: 900 }, colorScheme: 'dark' }],
  ]) {
    test(`${name}: complete and as wide as the window`, async () => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const wrong = [];
      page.on('console', (m) => { if (m.type() === 'error') wrong.push(m.text()); });
      page.on('pageerror', (e) => wrong.push(String(e)));
      page.on('request', (r) => { if (!r.url().startsWith('file:') && !r.url().startsWith('data:')) wrong.push(r.url()); });
      await page.goto(url);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${wide} px wider than the window`);
      assert.equal(await page.locator('.shape').count(), labels.length);
      const charts = await page.locator('.measure').count();
      assert.ok(charts >= 8, `${charts} charts`);
      assert.equal(await page.locator('.measure .bars li').count(), charts * labels.length);
      assert.ok(await page.locator('.bars .worse i').count() > 0, 'nothing is worse');
      assert.match(await page.locator('.verdicts h2').textContent(), /regressions beyond 5%/);
      if (process.env.STAMPEDE_SCREENSHOTS)
        await page.screenshot({ path: join(process.env.STAMPEDE_SCREENSHOTS, `comparison-${name}.png`), fullPage: true });
      assert.deepEqual(wrong, []);
      await context.close();
    });
  }
});

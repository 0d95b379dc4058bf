// What CI systems and editors read, judged by validators nobody here wrote: run.json and the
// scenarios against the published schemas (ajv), JUnit as XML (the browser's own parser is not
// needed: @xmldom/xmldom reads strictly), exit statuses of compare and run.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DOMParser } from '@xmldom/xmldom';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse as parseToml } from 'smol-toml';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = resolve(process.env.STAMPEDE || join(root, 'build/dev/harness/stampede'));

function stampede(...args) {
  const done = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

function validator(of) {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  return ajv.compile(JSON.parse(execFileSync(program, ['schema', of], { encoding: 'utf8' })));
}

function assertValid(validate, value, what) {
  assert.ok(validate(value), `${what}: ${JSON.stringify(validate.errors?.slice(0, 5), null, 1)}`);
}

const tomlIn = (folder) => readdirSync(join(root, folder)).filter((f) => f.endsWith('.toml'))
  .map((f) => join(root, folder, f));

describe('machine-readable', () => {
  let folder;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'stampede-ci-')); });
  after(() => rmSync(folder, { recursive: true }));

  test('run.json of real runs is valid', () => {
    const validate = validator('run');
    for (const args of [['truncated_json'], ['rate_limit_storm', '--replications', '4'],
      ['outage_503', '--set', 'client.preset="guide-snippet"'],
      ['scenarios/validation/metastable.toml', '--set', 'duration="90s"']]) {
      const { out } = stampede('run', ...args, '--json', '--out', join(folder, 'runs'));
      assertValid(validate, JSON.parse(out), args.join(' '));
    }
    const broken = JSON.parse(stampede('run', 'truncated_json', '--json', '--out', join(folder, 'x')).out);
    broken.fleet.calls.calls = 'many';
    assert.ok(!validate(broken), 'the schema accepts anything');
  });

  test('every scenario of the repository is valid, and mistakes are not', () => {
    const validate = validator('scenario');
    const files = ['library', 'validation', 'presets', 'faults'].flatMap((f) => tomlIn(`scenarios/${f}`));
    assert.ok(files.length > 20);
    for (const file of files) assertValid(validate, parseToml(readFileSync(file, 'utf8')), file);
    const example = readFileSync(join(root, 'docs/scenarios.md'), 'utf8').match(/```toml\n([^]*?)```/)[1];
    assertValid(validate, parseToml(example), 'docs/scenarios.md');
    for (const mistake of ['duration = "5m"', 'name = "x"\nduration = 5', 'name = "x"\nduration = "5m"\n[arrivals]\nkind = "poison"',
      'name = "x"\nduration = "5m"\n[workload]\nmodle = "y"', 'name = "x"\nduration = "5m"\n[expect]\nsuccess_rate = 0.99'])
      assert.ok(!validate(parseToml(mistake)), mistake);
  });

  test('junit.xml is XML whose counts are its cases', () => {
    stampede('run', 'rate_limit_storm', '--set', 'expect.failures="== 0"', '--out', join(folder, 'junit'));
    const text = readFileSync(join(folder, 'junit/rate_limit_storm/junit.xml'), 'utf8');
    const xml = new DOMParser({ onError: (level, message) => { throw new Error(message); } })
      .parseFromString(text, 'text/xml');
    const suite = xml.getElementsByTagName('testsuite')[0];
    assert.equal(Number(suite.getAttribute('tests')), xml.getElementsByTagName('testcase').length);
    assert.equal(Number(suite.getAttribute('failures')), xml.getElementsByTagName('failure').length);
    assert.equal(xml.getElementsByTagName('failure').length, 1);
  });

  test('report renders a run again from run.json and from its records', () => {
    const records = join(folder, 'r.ndjson');
    const first = stampede('run', 'queue_hang', '--records', records, '--json', '--out', join(folder, 'again'));
    for (const from of [records, join(folder, 'again'), join(folder, 'again/queue_hang/run.json')]) {
      const { status, out } = stampede('report', from, '--json');
      assert.equal(out, first.out, from);
      assert.equal(status, first.status);
    }
    assert.equal(stampede('report', join(folder, 'again'), '--format', 'html').out,
      readFileSync(join(folder, 'again/queue_hang/report.html'), 'utf8'));
    for (const line of readFileSync(records, 'utf8').trim().split('\n')) JSON.parse(line);
    const csv = join(folder, 'r.csv');
    stampede('run', 'queue_hang', '--records', csv, '--out', join(folder, 'again'));
    assert.ok(readFileSync(csv, 'utf8').startsWith('record,'));
  });

  test('a committed baseline passes, a worse run fails, a better one does not', () => {
    const baseline = join(folder, 'baseline.json');
    const run = (...more) => stampede('run', 'rate_limit_storm', '--replications', '5', '--out', join(folder, 'b'),
      '--baseline', baseline, '--fail-on-regression', '5%', ...more);
    assert.equal(run().status, 2);  // there is none yet
    assert.equal(run('--update-baseline').status, 0);
    assert.equal(run().status, 0);
    const worse = run('--set', 'client.breaker={failures=0}', '--set', 'expect={}');
    assert.equal(worse.status, 1, worse.out + worse.err);
    assert.match(worse.out, /regressions? beyond 5%/);
    assert.match(readFileSync(join(folder, 'b/rate_limit_storm/comparison.md'), 'utf8'), /\*\*worse\*\*/);
  });

  test('compare takes runs and folders, and ends as asked', () => {
    const to = (name, ...more) => {
      stampede('run', 'rate_limit_storm', 'outage_503', '--out', join(folder, name), ...more);
      return join(folder, name);
    };
    const base = to('base');
    const next = to('next', '--set', 'client.breaker={failures=0}');
    assert.equal(stampede('compare', base, base, '--fail-on-regression', '1%').status, 0);
    assert.equal(stampede('compare', base, next).status, 0);
    assert.equal(stampede('compare', base, next, '--fail-on-regression', '5%').status, 1);
    const two = JSON.parse(stampede('compare', base, next, '--json').out);
    assert.equal(two.length, 2);
    assert.equal(two[0].measures.amplification.runs[1].result, 'worse');
    assert.equal(stampede('compare', base, join(folder, 'nowhere')).status, 2);
  });

  test('vary compares presets in one table', () => {
    const { status, out } = stampede('run', 'rate_limit_storm', '--replications', '4', '--vary',
      'client.preset=guide,guide-snippet', '--json', '--out', join(folder, 'vary'));
    assert.equal(status, 0);
    const table = JSON.parse(out);
    assert.deepEqual(table.runs.map((r) => r.label), ['guide', 'guide-snippet']);
    assert.equal(table.measures.amplification.runs[1].result, 'worse');
    for (const file of ['comparison.html', 'comparison.md', 'comparison.txt', 'guide-snippet/run.json'])
      assert.ok(readFileSync(join(folder, 'vary/rate_limit_storm', file), 'utf8').length > 100);
    const bad = stampede('run', 'rate_limit_storm', '--vary', 'client.preset=guide,nonsense', '--out', join(folder, 'v2'));
    assert.equal(bad.status, 2);
    writeFileSync(join(folder, 'one.toml'), 'name = "x"\nduration = "1m"\n');
    assert.equal(stampede('run', join(folder, 'one.toml'), '--vary', 'seed=1').status, 2);
  });

  test('a number that is none is told in one line', () => {
    const told = (...parameters) => {
      const { status, err } = stampede(...parameters);
      assert.equal(status, 2);
      return err.split('\n')[0];
    };
    assert.match(told('run', 'rate_limit_storm', '--seed', '-1'), /--seed: takes a whole number from 0 to .*, not '-1'/);
    assert.match(told('serve', '--port', '99999'), /--port: takes a whole number from 0 to 65535, not '99999'/);
    assert.match(told('cost', '--date', '2026-01-01'), /before the price list begins, 2026-04-24/);
  });

  test('cost is the guide’s to the cent', () => {
    const json = JSON.parse(stampede('cost', '--json').out);
    assert.deepEqual(json.lines.map((l) => l.cost_usd), [56, 28, 84]);
    assert.equal(json.total_usd, 168);
    assert.equal(JSON.parse(stampede('cost', '--model', 'deepseek-v4-pro', '--json').out).total_usd, 1682);
  });
});

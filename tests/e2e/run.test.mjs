// `stampede run` and its kin as somebody meets them who makes mistakes: what contradicts itself is
// told in one line, with exit status 2, before anything has run; and `--json` is always JSON.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stampede } from "./start_server.mjs";

function folderFor(t) {
  const folder = mkdtempSync(join(tmpdir(), "stampede-run-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function scenario(folder, file, name = "same") {
  writeFileSync(join(folder, file), `name = "${name}"\nduration = "2s"
[server]\nslots = 4\n[[fleet]]\nname = "web"\ninstances = 2
[fleet.arrivals]\nkind = "constant"\nrate = "1/s"\n`);
  return file;
}

function run(folder, ...args) {
  const done = spawnSync(stampede, args, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

function refused(folder, args, words) {
  const { status, out, err } = run(folder, ...args);
  assert.equal(status, 2, args.join(" ") + "\n" + out + err);
  assert.match(err, words);
  assert.equal(err.trim().split("\n").length, 1, err);
  assert.ok(!existsSync(join(folder, "stampede-report")), "nothing has run");
}

test("a report says what was changed, with keys masked", (t) => {
  const folder = folderFor(t);
  const file = scenario(folder, "a.toml");
  const change = ["--set", "server.slots=7", "--set", 'server.api_keys=["sk-very-secret-1234"]'];
  const { out } = run(folder, "run", file, ...change);
  assert.match(out, /^changed: server\.slots=7$/m);
  const report = JSON.parse(readFileSync(join(folder, "stampede-report/same/run.json"), "utf8"));
  assert.deepEqual(report.run.changes, ["server.slots=7", 'server.api_keys=["sk-****1234"]']);
  assert.match(readFileSync(join(folder, "stampede-report/same/report.html"), "utf8"), /<code>server\.slots=7<\/code>/);
  run(folder, "run", file, "--vary", "server.slots=5,6");
  const varied = readFileSync(join(folder, "stampede-report/same/6/run.json"), "utf8");
  assert.deepEqual(JSON.parse(varied).run.changes, ["server.slots = 6"]);
});

test("reports that would overwrite each other are refused", (t) => {
  const folder = folderFor(t);
  const [a, b, c] = [["a.toml"], ["b.toml"], ["c.toml", "sa/me"]].map((x) => scenario(folder, ...x));
  const d = scenario(folder, "d.toml", "sa_me");
  refused(folder, ["run", a, b], /a\.toml.*b\.toml.*same/);
  refused(folder, ["run", c, d], /c\.toml.*d\.toml.*sa_me/);
  refused(folder, ["run", a, b, "--engine", "both"], /a\.toml.*b\.toml/);
  refused(folder, ["run", a, "--vary", "server.slots=5,5"], /a\.toml with 5 .*same\/5/);
  refused(folder, ["run", a, "--vary", "description=x/y,x_y"], /x\/y.*x_y/);
});

test("--fail-on-regression and --baseline are looked at before the run", (t) => {
  const folder = folderFor(t);
  const file = scenario(folder, "a.toml");
  const update = ["--baseline", "base.json", "--update-baseline"];
  refused(folder, ["run", file, ...update, "--fail-on-regression", "abc"], /--fail-on-regression takes a percentage/);
  assert.ok(!existsSync(join(folder, "base.json")));
  refused(folder, ["run", file, "--vary", "server.slots=5,6", "--fail-on-regression", "abc"], /percentage/);
  writeFileSync(join(folder, "base.json"), "{}");
  refused(folder, ["run", file, ...update], /base\.json.*no run\.json/);
  const nowhere = run(folder, "run", file, "--baseline", "a.toml/base.json", "--update-baseline");
  assert.equal(nowhere.status, 3);
  assert.match(nowhere.err, /cannot write a\.toml\/base\.json/);
  assert.ok(!existsSync(join(folder, "stampede-report")));
  rmSync(join(folder, "base.json"));
  assert.equal(run(folder, "run", file, ...update).status, 0);
  assert.equal(run(folder, "run", file, ...update, "--fail-on-regression", "5%").status, 0);
});

test("records and baselines follow a link that leads to no file yet", (t) => {
  const folder = folderFor(t);
  const file = scenario(folder, "a.toml");
  symlinkSync("records.target", join(folder, "records"));
  symlinkSync("baseline.target", join(folder, "baseline"));
  const { status, err } = run(folder, "run", file, "--records", "records", "--baseline", "baseline", "--update-baseline");
  assert.equal(status, 0, err);
  for (const target of ["records.target", "baseline.target"])
    assert.ok(readFileSync(join(folder, target), "utf8").length > 100);
});

test("--json is one JSON document, a list for several scenarios", (t) => {
  const folder = folderFor(t);
  const [a, b] = [["a.toml"], ["b.toml", "other"]].map((x) => scenario(folder, ...x));
  assert.equal(JSON.parse(run(folder, "run", a, "--json").out).scenario.name, "same");
  const two = JSON.parse(run(folder, "run", a, b, "--json").out);
  assert.deepEqual(two.map((r) => r.scenario.name), ["same", "other"]);
  const varied = JSON.parse(run(folder, "run", a, b, "--vary", "server.slots=5,6", "--json").out);
  assert.deepEqual(varied.map((c) => c.runs.length), [2, 2]);
});

test("--client refuses what it cannot do", (t) => {
  const folder = folderFor(t);
  const file = scenario(folder, "a.toml");
  for (const more of [["--engine", "sim"], ["--engine", "both"], ["--verify-bytes"], ["--fail-on-regression", "5%"]])
    refused(folder, ["run", file, "--client", "true", ...more], new RegExp(more[0]));
});

test("--vary takes values in either quotes, and letters that look like them", (t) => {
  const folder = folderFor(t);
  const file = scenario(folder, "a.toml");
  const labels = (vary) => JSON.parse(run(folder, "run", file, "--json", "--vary", vary).out).runs.map((r) => r.label);
  assert.deepEqual(labels("description='a,b',\"c,'d\""), ["'a,b'", "\"c,'d\""]);
  assert.deepEqual(labels("description=don't,won't"), ["don't", "won't"]);
  assert.deepEqual(labels('description="a\\",b",c'), ['"a\\",b"', "c"]);
});

test("replay --json tells of every file, whatever is wrong with one", (t) => {
  const folder = folderFor(t);
  const file = scenario(folder, "a.toml");
  run(folder, "run", file, "--journal", "good");
  const journal = readFileSync(join(folder, "good"), "utf8");
  assert.match(journal, /slots = 4/);
  writeFileSync(join(folder, "old"), journal.replace("slots = 4", "slotz = 4"));
  const { status, out } = run(folder, "replay", "old", "good", "--json");
  assert.equal(status, 2);
  const results = JSON.parse(out);
  assert.deepEqual(results.map((r) => r.journal), ["old", "good"]);
  assert.match(results[0].error, /^old: .*slotz/);
  assert.equal(results[1].equal, true);
});

test("what is no code and no certificate is refused", (t) => {
  const folder = folderFor(t);
  refused(folder, ["explain", "0"], /0 is not an error code/);
  writeFileSync(join(folder, "ca.pem"), "none");
  const environment = { ...process.env, DEEPSEEK_API_KEY: "sk-0123456789abcdef" };
  for (const ca of ["nowhere.pem", "ca.pem"]) {
    const done = spawnSync(stampede, ["call", "ping", "--json", "--base-url", "https://127.0.0.1:9", "--ca-file", ca],
      { cwd: folder, encoding: "utf8", env: environment });
    assert.equal(done.status, 2, done.stderr);
    assert.match(done.stderr, new RegExp(`^${ca}: `));
  }
});

test("Ctrl-C among replications keeps the whole ones, and they are judged", async (t) => {
  const folder = folderFor(t);
  const args = ["run", "rate_limit_storm", "--replications", "100000"];
  const running = spawn(stampede, args, { cwd: folder });
  let out = "";
  running.stdout.on("data", (text) => (out += text));
  setTimeout(() => running.kill("SIGINT"), 1500);
  const status = await new Promise((done) => running.on("close", done));
  assert.equal(status, 0, out);
  assert.match(out, /stopped after [0-9,]+ of 100,000 replications/);
  assert.match(out, /Expectations: 3 of 3 hold/);
  assert.doesNotMatch(out, /interrupted/);
  const summary = readFileSync(join(folder, "stampede-report/rate_limit_storm/summary.md"), "utf8");
  assert.match(summary, /^Warning: stopped after [0-9,]+ of 100,000 replications$/m);
});

// `stampede serve` and `run --client` as other people's CI uses them: found by its ready file,
// stopped by time or silence, reloaded while it serves, and judged by what unmodified clients
// did to it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import OpenAI from "openai";
import { startServer, stampede } from "./start_server.mjs";

const quick = '[server]\ntime_to_first_token = "5ms"\ntokens_per_second = 5000\n';
const smokeTest = { model: "deepseek-v4-flash", messages: [{ role: "user", content: "ping" }] };

function folderFor(t) {
  const folder = mkdtempSync(join(tmpdir(), "stampede-serve-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function scenario(folder, text) {
  const file = join(folder, "scenario.toml");
  writeFileSync(file, `name = "ci"\nduration = "1m"\n${text}\n`);
  return file;
}

function run(parameters, options = {}) {
  return new Promise((resolve) => {
    execFile(stampede, parameters, options, (error, out, err) =>
      resolve({ status: error ? error.code : 0, out, err }));
  });
}

async function until(condition, what, ms = 10_000) {
  const begin = performance.now();
  while (!(await condition())) {
    assert.ok(performance.now() - begin < ms, `waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

// A server found by its ready file; `ended` resolves to its exit status and what it printed.
async function serve(folder, parameters) {
  const ready = join(folder, "ready.json");
  const child = spawn(stampede, ["serve", ...parameters, "--port", "0", "--ready-file", ready], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "", err = "";
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  const ended = new Promise((resolve) => child.once("exit", (status) => resolve({ status, out, err })));
  await until(() => existsSync(ready) || child.exitCode !== null, "the ready file");
  assert.equal(child.exitCode, null, err);
  return { ...JSON.parse(readFileSync(ready, "utf8")), child, ended, ready };
}

const client = (url, options = {}) => new OpenAI({ baseURL: url, apiKey: "sk-0123456789abcdef", ...options });

test("the ready file names address and pid, and --idle-exit ends a server nobody asks", async (t) => {
  const folder = folderFor(t);
  const server = await serve(folder, [scenario(folder, quick), "--idle-exit", "4s"]);
  assert.equal(server.pid, server.child.pid);
  assert.equal(server.url, `http://127.0.0.1:${server.port}`);
  const begin = performance.now();
  await client(server.url).chat.completions.create(smokeTest);
  const { status, out } = await server.ended;
  assert.equal(status, 0);
  assert.ok(performance.now() - begin >= 4000);
  assert.match(out, /stopped after 1 requests: nobody asked any more/);
  assert.ok(!existsSync(server.ready), "the ready file is gone");
});

test("--for ends it, and SIGTERM ends it with its report", async (t) => {
  const folder = folderFor(t);
  const begin = performance.now();
  assert.equal((await run(["serve", "--port", "0", "--for", "700ms"])).status, 0);
  assert.ok(performance.now() - begin >= 700);

  const file = scenario(folder, quick + '[[fault]]\nkind = "status"\nstatus = 503\ncount = 2\n[expect]\nsuccess_rate = ">= 99%"\namplification = "<= 1.5"\n');
  const server = await serve(folder, [file, "--report", join(folder, "report")]);
  await client(server.url).chat.completions.create(smokeTest); // two 503s, retried by the SDK
  server.child.kill("SIGTERM");
  const { status, out, err } = await server.ended;
  assert.equal(status, 1, out + err); // three attempts for one call
  assert.match(out, /success_rate +>= 99% +100%/);
  assert.match(out, /amplification +<= 1\.5 +3 /);
  const report = JSON.parse(readFileSync(join(folder, "report", "run.json"), "utf8"));
  assert.equal(report.run.engine, "served");
  assert.match(JSON.stringify(report.run.warnings), /0 known by the header x-stampede-call, 1 by key, path and body/);
  assert.ok(existsSync(join(folder, "report", "report.html")));
  assert.ok(!JSON.stringify(report).includes("0123456789abcdef"), "no key in a report");
});

test("a changed scenario is taken up, a broken one is not", async (t) => {
  const server = await startServer(t, quick);
  const { chat } = client(server.url, { maxRetries: 0 });
  await chat.completions.create(smokeTest);
  const write = (text) => writeFileSync(server.scenario, `name = "e2e"\nduration = "1h"\n${quick}${text}\n`);
  write('[[fault]]\nkind = "status"\nstatus = 402\n');
  await until(() => chat.completions.create(smokeTest).then(() => false, (e) => e.status === 402), "the new fault");
  write('[[fault]]\nkind = "status"\nstatus = 500\nmesage = "x"\n');
  await until(() => server.errors().includes("did you mean 'message'?"), "the complaint");
  assert.match(server.errors(), /scenario\.toml:\d+:\d+: .*\n.*goes on with the scenario it had/);
  await assert.rejects(chat.completions.create(smokeTest), { status: 402 });
  const state = await (await fetch(`${server.url}/_stampede/state`)).json();
  assert.match(state.scenario.problem, /mesage/);
  write("");
  await until(() => chat.completions.create(smokeTest).then(() => true, () => false), "the healthy one");
});

test("TLS with a certificate made on the spot, and with a given one", async (t) => {
  const folder = folderFor(t);
  const own = join(folder, "own.pem");
  const server = await serve(folder, [scenario(folder, quick), "--tls-write", own]);
  t.after(() => server.child.kill());
  assert.match(server.url, /^https:/);
  const ask = (url, authority) => new Promise((resolve) =>
    execFile("curl", ["-sS", "--max-time", "10", "--cacert", authority, "-H", "authorization: Bearer sk-0123456789abcdef", `${url}/models`],
      (error, out, err) => resolve({ status: error ? error.code : 0, out, err })));
  const trusted = await ask(server.url, own);
  assert.equal(trusted.status, 0, trusted.err);
  assert.match(trusted.out, /deepseek-v4-pro/);
  const { status, out } = await run(["call", "ping", "--base-url", server.url, "--ca-file", own], { env: { ...process.env, DEEPSEEK_API_KEY: "sk-0123456789abcdef" } });
  assert.equal(status, 0, out);
  server.child.kill();
  await server.ended;

  const key = join(folder, "key.pem"), certificate = join(folder, "certificate.pem");
  await new Promise((resolve, reject) => execFile("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], (e) => (e ? reject(e) : resolve())));
  const given = await serve(folder, [scenario(folder, quick), "--tls-cert", certificate, "--tls-key", key]);
  t.after(() => given.child.kill());
  assert.equal((await ask(`https://localhost:${given.port}`, certificate)).status, 0);
  given.child.kill();
  await given.ended;
  const wrong = await run(["serve", "--port", "0", "--tls-cert", key, "--tls-key", key]);
  assert.equal(wrong.status, 2);
  assert.equal(wrong.err.trim().split("\n").length, 1, wrong.err);
});

test("beyond loopback it does not start without a token", async () => {
  const { status, err } = await run(["serve", "--host", "0.0.0.0", "--port", "0"]);
  assert.equal(status, 2);
  assert.match(err, /--token/);
});

// A fleet of unmodified clients: each makes two calls with the openai package, and its own retries.
const bot = `
import OpenAI from "openai";
const client = new OpenAI();
for (let i = 0; i < 2; i++) {
  const answer = await client.chat.completions.create({ model: "deepseek-v4-flash", messages: [{ role: "user", content: "question " + i }] });
  if (!answer.choices[0].message) throw new Error("no answer");
}
console.log("instance", process.env.STAMPEDE_INSTANCE, "done");
`;

test("run --client starts a fleet of openai clients and judges it", async (t) => {
  const folder = folderFor(t);
  const file = scenario(folder, `${quick}
[[fault]]
kind = "status"
status = 429
match = { attempt = 1 }
[expect]
success_rate = ">= 100%"
amplification = "<= 2"
`);
  const command = `exec '${process.execPath}' --input-type=module -e '${bot.replaceAll("'", `'"'"'`)}'`;
  const out = join(folder, "out");
  const { status, out: printed, err } = await run(["run", file, "--client", command, "--instances", "4", "--out", out], { cwd: import.meta.dirname });
  assert.equal(status, 0, printed + err);
  const report = JSON.parse(readFileSync(join(out, "ci", "run.json"), "utf8"));
  assert.equal(report.groups[0].instances, 4);
  assert.match(printed, /calls +8\n/);
  assert.match(printed, /attempts +16\n/);
  assert.match(printed, /retries +8 +after 8 rate_limited/);
  for (let i = 1; i <= 4; i++) {
    assert.match(readFileSync(join(out, "ci", "clients", `instance-000${i}.log`), "utf8"), new RegExp(`instance ${i - 1} done`));
  }
});

const running = (words) =>
  new Promise((resolve) => execFile("pgrep", ["-f", words], (error, found) => resolve(found.trim())));

test("run --client says how clients ended, and leaves none running", async (t) => {
  const folder = folderFor(t);
  const file = join(folder, "short.toml");
  writeFileSync(file, 'name = "short"\nduration = "500ms"\ndrain = "500ms"\n');
  const mark = `stampede-e2e-${process.pid}`;
  const { status, out } = await run(["run", file, "--client", `[ $STAMPEDE_INSTANCE = 0 ] && exit 7; sleep 300 # ${mark}`, "--instances", "2", "--out", join(folder, "out")]);
  assert.equal(status, 0, out);
  assert.match(out, /1 of 2 clients exited with status 7/);
  assert.doesNotMatch(out, /signal 15/);  // that was ours
  assert.equal(await running(`sleep 300 # ${mark}`), "");
  const left = await run(["run", file, "--client", `(sleep 300; echo ${mark}) &`, "--out", join(folder, "out")]);
  assert.equal(left.status, 0, left.out);
  assert.equal(await running(`echo ${mark}`), "");
});

// The mock server's speed as whole processes on loopback: requests a second beside nginx, chunks of
// streams, connections held, answers on time. Prints medians, ratios and the machine's state.
//
// Run: ./dev bench   (needs wrk and nginx; the server is pinned to core 0, the load to core 1)
// With aimock installed (npm --prefix tests/bench/serve ci) it takes its turns too.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const here = path.dirname(new URL(import.meta.url).pathname);
const stampede = process.env.STAMPEDE;
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const work = mkdtempSync(path.join(os.tmpdir(), 'serve_bench-'));

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
};
const thousands = (n) => Math.round(n).toLocaleString('en-US');

// ---- processes

function pinned(core, command, args) {
  const cores = os.cpus().length;
  return cores > 1 ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];
}

async function stopped(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

async function serve(scenario) {
  const ready = path.join(work, `ready-${scenario}`);
  const [command, args] = pinned(0, stampede, ['serve', path.join(here, `${scenario}.toml`),
    '--port', '0', '--ready-file', ready]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let i = 0; i < 500; ++i) {
    try {
      const { port, pid } = JSON.parse(readFileSync(ready, 'utf8'));
      return { child, port, pid };
    } catch {
      await sleep(20);
    }
  }
  throw new Error(`stampede serve ${scenario} does not get ready`);
}

async function nginx(body) {
  const port = 18000 + Math.floor(Math.random() * 2000);
  const folder = path.join(work, 'nginx');
  execFileSync('mkdir', ['-p', folder]);
  const config = path.join(folder, 'nginx.conf');
  writeFileSync(config, `worker_processes 1; daemon off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; default_type application/json;
client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
server { listen 127.0.0.1:${port}; location / { return 200 '${body}'; } } }
`);
  const [command, args] = pinned(0, 'nginx', ['-c', config, '-p', folder]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await sleep(300);
  return { child, port };
}

const llmock = path.join(here, 'node_modules/.bin/llmock');

async function aimock(text) {
  const port = 20000 + Math.floor(Math.random() * 2000);
  const fixtures = path.join(work, 'fixtures.json');
  writeFileSync(fixtures, JSON.stringify({
    fixtures: [{ match: { userMessage: 'thundering herd' }, response: { content: text } }] }));
  const [command, args] = pinned(0, process.execPath,
    [llmock, '--log-level', 'silent', '--port', String(port), '--fixtures', fixtures]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let i = 0; i < 500; ++i) {
    try {
      await ask(port, request);
      return { child, port };
    } catch {
      await sleep(20);
    }
  }
  throw new Error('aimock does not get ready');
}

// ---- wrk

const request = JSON.stringify({
  model: 'deepseek-v4-flash',
  messages: [
    { role: 'system', content: 'You are a helpful assistant. '.repeat(6).trim() },
    { role: 'user', content: 'Say in one short paragraph what a thundering herd is.' },
  ],
  max_tokens: 64,
  temperature: 0.7,
});

function wrk(port, body, length = seconds) {
  const script = path.join(work, 'post.lua');
  writeFileSync(script, `wrk.method = "POST"
wrk.path = "/chat/completions"
wrk.body = [==[${body}]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer sk-bench-0123456789abcdef"
`);
  const [command, args] = pinned(1, 'wrk', ['-t1', '-c64', `-d${length}s`, '--latency', '-s', script,
    `http://127.0.0.1:${port}/chat/completions`]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (piece) => { text += piece; });
  return new Promise((resolve, reject) => child.once('exit', () => {
    const time = (label) => {
      const found = text.match(new RegExp(`${label}%\\s+([\\d.]+)(us|ms|s)`));
      return found ? Number(found[1]) * { us: 1e-3, ms: 1, s: 1e3 }[found[2]] : NaN;
    };
    const rate = Number(text.match(/Requests\/sec:\s+([\d.]+)/)?.[1]);
    if (!rate) return reject(new Error(`wrk said: ${text}`));
    if (/Non-2xx/.test(text)) return reject(new Error(`answers other than 200: ${text}`));
    resolve({ rate, p50: time('50'), p99: time('99') });
  }));
}

function ask(port, body) {
  return new Promise((resolve, reject) => {
    const call = http.request({ port, host: '127.0.0.1', method: 'POST', path: '/chat/completions',
      headers: { authorization: 'Bearer sk-bench-0123456789abcdef' } }, (answer) => {
      let text = '';
      answer.on('data', (piece) => { text += piece; });
      answer.on('end', () => resolve(text));
    });
    call.on('error', reject);
    call.end(body);
  });
}

// ---- what is measured

async function requests() {
  const mock = await serve('answers');
  const body = await ask(mock.port, request);
  const servers = { stampede: mock, nginx: await nginx(body.replaceAll("'", ' ')) };
  if (existsSync(llmock)) servers.aimock = await aimock(JSON.parse(body).choices[0].message.content);
  const runs = Object.fromEntries(Object.keys(servers).map((who) => [who, []]));
  for (const { port } of Object.values(servers)) await wrk(port, request, 2);
  for (let i = 0; i < rounds; ++i) {
    for (const [who, { port }] of Object.entries(servers)) runs[who].push(await wrk(port, request));
  }
  for (const { child } of Object.values(servers)) await stopped(child);
  const of = (who, what) => median(runs[who].map((run) => run[what]));
  const pairs = (what, peer) => median(runs.stampede.map((run, i) => run[what] / runs[peer][i][what]));
  console.log(`\nrequests: ${Buffer.byteLength(request)} B asked, ${Buffer.byteLength(body)} B answered, `
    + `64 connections, medians of ${rounds} x ${seconds} s in turns`);
  for (const who of Object.keys(servers)) {
    console.log(`  ${who.padEnd(9)} ${thousands(of(who, 'rate')).padStart(9)} requests/s   `
      + `p50 ${of(who, 'p50').toFixed(2)} ms   p99 ${of(who, 'p99').toFixed(2)} ms`);
  }
  console.log(`  stampede / nginx: requests ${(100 * pairs('rate', 'nginx')).toFixed(0)} % (goal 70 %, aim 90 %), `
    + `p99 ${pairs('p99', 'nginx').toFixed(2)} times (goal under 3)`);
  if (servers.aimock) console.log(`  stampede / aimock: ${pairs('rate', 'aimock').toFixed(1)} times the requests (goal over 5)`);
}

// One client beside wrk's that looks at each answer's HTTP chunks: how many writes it came in.
async function writes_an_answer(port, body, during) {
  let text = '';
  let answers = 0;
  let writes = 0;
  const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.write(post(body)));
  socket.setEncoding('latin1').on('data', (piece) => {
    text += piece;
    if (!text.endsWith('\r\n0\r\n\r\n')) return;
    writes += text.match(/\r\n[0-9a-f]+\r\n(?=data: )/g).length;
    ++answers;
    text = '';
    socket.write(post(body));
  });
  const result = await during();
  socket.destroy();
  return { ...result, writes: writes / answers };
}

async function streams() {
  const body = JSON.stringify({ ...JSON.parse(request), stream: true, max_tokens: 300 });
  console.log('\nstreams of 300 chunks, 64 connections');
  for (const [scenario, label] of [['streams', 'all ready at once'], ['one_by_one', '1,000 tokens/s each'],
    ['full_speed', '3,000 tokens/s each']]) {
    const mock = await serve(scenario);
    await wrk(mock.port, body, 1);
    const runs = [];
    for (let i = 0; i < rounds; ++i) {
      runs.push(await writes_an_answer(mock.port, body, () => wrk(mock.port, body)));
    }
    await stopped(mock.child);
    const rate = median(runs.map((run) => run.rate));
    const writes = median(runs.map((run) => run.writes));
    console.log(`  ${label.padEnd(20)} ${thousands(rate).padStart(7)} answers/s, `
      + `${thousands(300 * rate).padStart(10)} chunks/s in ${thousands(writes * rate).padStart(8)} writes/s `
      + `(${(300 / writes).toFixed(1)} chunks a write)`);
  }
}

const memory = (pid) => 1024 * Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);

// Opens `count` connections from several addresses and hands each to `use`.
async function connect(port, count, use) {
  const sockets = [];
  for (let made = 0; made < count;) {
    const batch = [];
    for (; made < count && batch.length < 500; ++made) {
      batch.push(new Promise((resolve, reject) => {
        const socket = net.connect({ port, host: '127.0.0.1',
          localAddress: `127.0.1.${1 + Math.floor(made / 4000)}` }, () => resolve(socket));
        socket.once('error', reject);
        socket.setNoDelay(true);
      }));
    }
    for (const socket of await Promise.all(batch)) {
      sockets.push(socket);
      use(socket);
    }
  }
  return sockets;
}

const post = (body) => `POST /chat/completions HTTP/1.1\r\nHost: mock\r\n`
  + `Authorization: Bearer sk-bench-0123456789abcdef\r\nContent-Type: application/json\r\n`
  + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

async function held() {
  const count = Number(process.env.BENCH_HELD ?? 19000);
  const mock = await serve('held');
  await ask_nothing(mock.port);
  const before = memory(mock.pid);
  const gaps = [];
  const sockets = await connect(mock.port, count, (socket) => {
    let last = 0;
    socket.on('data', () => {
      const now = performance.now();
      if (last > 0) gaps.push(now - last);
      last = now;
    });
    socket.write(post(request));
  });
  await sleep(3000);
  const after = memory(mock.pid);
  gaps.length = 0;
  await sleep(11_000);
  const late = gaps.map((gap) => Math.abs(gap - 5000));
  console.log(`\nheld: ${thousands(count)} connections, keep-alive bytes every 5 s`);
  console.log(`  ${(( after - before) / count / 1024).toFixed(2)} KiB of the server's memory each (goal 8)`);
  console.log(`  ${thousands(gaps.length)} intervals, off by ${quantile(late, 0.5).toFixed(1)} ms (median), `
    + `${quantile(late, 0.99).toFixed(1)} ms (p99), as this client saw them`);
  for (const socket of sockets) socket.destroy();
  await stopped(mock.child);
}

// The first request of a process pays for its tables.
async function ask_nothing(port) {
  await new Promise((resolve) => http.get({ port, host: '127.0.0.1', path: '/models',
    headers: { authorization: 'Bearer sk-bench-0123456789abcdef' } }, (answer) => answer.resume().on('end', resolve)));
}

async function delayed() {
  const count = 5000;
  const mock = await serve('delayed');
  let answers = 0;
  const sockets = await connect(mock.port, count, (socket) => {
    socket.on('data', () => {
      ++answers;
      socket.write(post(request));
    });
    socket.write(post(request));
  });
  await sleep(10_000);
  const page = await new Promise((resolve) => http.get({ port: mock.port, host: '127.0.0.1', path: '/metrics' },
    (answer) => { let text = ''; answer.on('data', (p) => { text += p; }).on('end', () => resolve(text)); }));
  const lateness = Number(page.match(/^stampede_wakeup_lateness_seconds (\S+)/m)?.[1]);
  console.log(`\ndelayed by 50 to 950 ms: ${thousands(count)} waiting, ${thousands(answers / 10)} answers/s`);
  console.log(`  p99 of the wake-ups ${(1000 * lateness).toFixed(2)} ms after their instant (goal 2)`);
  for (const socket of sockets) socket.destroy();
  await stopped(mock.child);
}

// ---- the machine

// Where the program was built: its CMake cache says how.
function build() {
  for (let folder = path.dirname(stampede); folder !== '/'; folder = path.dirname(folder)) {
    const cache = path.join(folder, 'CMakeCache.txt');
    if (!existsSync(cache)) continue;
    const text = readFileSync(cache, 'utf8');
    const value = (name) => text.match(new RegExp(`^${name}:\\w+=(.*)$`, 'm'))?.[1] ?? '';
    const type = value('CMAKE_BUILD_TYPE');
    return `${type} build (${value(`CMAKE_CXX_FLAGS_${type.toUpperCase()}`)}, ${version(value('CMAKE_CXX_COMPILER'), '--version')})`;
  }
  return 'a build without a CMake cache';
}

// nginx says it on standard error.
function version(command, option) {
  const { stdout, stderr } = spawnSync(command, [option], { encoding: 'utf8' });
  return `${stdout}${stderr}`.trim().split('\n')[0];
}

const load = () => `load ${os.loadavg()[0].toFixed(2)}`;

function machine() {
  console.log(`machine: ${os.cpus().length} x ${os.cpus()[0].model}, ${load()}, Linux ${os.release()}`);
  console.log(`         ${build()}, ${version('nginx', '-v')}, ${version('wrk', '-v').split(' [')[0]}`);
}

try {
  machine();
  const wanted = process.argv.slice(2);
  for (const part of [requests, streams, held, delayed]) {
    if (wanted.length === 0 || wanted.includes(part.name)) await part();
  }
  console.log(`\nmachine: ${load()} at the end`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

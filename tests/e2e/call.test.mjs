// `stampede call`: the guide's conclusions, and TLS as it meets the real service: certificates
// are verified, and so is the host's name.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startServer, stampede } from "./start_server.mjs";

function call(parameters, environment = {}) {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, DEEPSEEK_API_KEY: "sk-0123456789abcdef", ...environment };
    const child = execFile(stampede, ["call", ...parameters], { env }, (error, out, err) =>
      resolve({ status: error ? error.code : 0, out, err }),
    );
    child.stdin.end();
  });
}

test("a healthy service: the problem is in your wrapper", async (t) => {
  const server = await startServer(t);
  for (const more of [[], ["--stream"], ["--thinking"], ["--thinking", "--stream"]]) {
    const { status, out, err } = await call(["ping", "--max-tokens", "400", "--base-url", server.url, ...more]);
    assert.equal(status, 0, out + err);
    assert.match(out, /problem is in your wrapper/);
    assert.match(out, /deepseek-v4-flash in .* \$0\.0000/);
    assert.ok(!(out + err).includes("0123456789"), "the key is masked");
  }
});

test("the base URL may come from the environment, and end in /v1", async (t) => {
  const server = await startServer(t);
  const { status } = await call(["ping"], { DEEPSEEK_BASE_URL: server.url + "/v1/" });
  assert.equal(status, 0);
});

test("401 is authentication, 402 is billing, 503 an incident", async (t) => {
  const healthy = await startServer(t);
  const refused = await call(["ping", "--base-url", healthy.url], { DEEPSEEK_API_KEY: "sk-abcdefgh-invalid" });
  assert.equal(refused.status, 1);
  assert.match(refused.out, /Authentication/);
  assert.ok(!(refused.out + refused.err).includes("abcdefgh"));
  const poor = await startServer(t, '[[fault]]\nkind = "status"\nstatus = 402\n');
  const billing = await call(["ping", "--base-url", poor.url]);
  assert.equal(billing.status, 1);
  assert.match(billing.out, /Billing/);
  assert.match(billing.out, /stampede explain 402/);
  const down = await startServer(t, '[[fault]]\nkind = "outage"\nretry_after = "2m"\n');
  const incident = await call(["ping", "--base-url", down.url]);
  assert.equal(incident.status, 1);
  assert.match(incident.out, /An incident/);
});

test("a request that cannot begin says why and exits 2", async () => {
  const plain = await call(["ping", "--yes", "--base-url", "http://127.evil.invalid"]);
  assert.equal(plain.status, 2);
  assert.match(plain.err, /API key would go to 127\.evil\.invalid in the clear: write https/);
  const unset = await call(["ping"], { DEEPSEEK_API_KEY: "" });
  assert.equal(unset.status, 2);
  assert.match(unset.err, /DEEPSEEK_API_KEY is not set/);
  const unasked = await call(["ping", "--base-url", "https://api.example.invalid"]);
  assert.equal(unasked.status, 2);
  assert.match(unasked.err, /may cost money/);
  const garbled = await call(["ping", "--base-url", "api.deepseek.com"]);
  assert.equal(garbled.status, 2);
  assert.match(garbled.err, /not a base URL/);
});

// A TLS front for the mock with a certificate of its own making.
async function secureFront(t, backend) {
  const folder = mkdtempSync(join(tmpdir(), "stampede-tls-"));
  const file = (name) => join(folder, name);
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost", "-keyout", file("key.pem"), "-out", file("cert.pem")], { stdio: "ignore" });
  const server = createServer({ key: readFileSync(file("key.pem")), cert: readFileSync(file("cert.pem")) }, (from, to) => {
    const onward = request(backend + from.url, { method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    });
    from.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return { port: server.address().port, certificate: file("cert.pem") };
}

test("TLS: a trusted certificate of the right name is accepted, all else is refused", async (t) => {
  const server = await startServer(t);
  const { port, certificate } = await secureFront(t, server.url);
  const trusted = await call(["ping", "--stream", "--base-url", `https://localhost:${port}`, "--ca-file", certificate]);
  assert.equal(trusted.status, 0, trusted.out + trusted.err);
  const byEnvironment = await call(["ping", "--base-url", `https://localhost:${port}`], { SSL_CERT_FILE: certificate });
  assert.equal(byEnvironment.status, 0, byEnvironment.out + byEnvironment.err);
  const unknown = await call(["ping", "--base-url", `https://localhost:${port}`]);
  assert.equal(unknown.status, 1);
  assert.match(unknown.out, /tls_failed after 1 attempt/);
  const otherName = await call(["ping", "--base-url", `https://127.0.0.1:${port}`, "--ca-file", certificate]);
  assert.equal(otherName.status, 1);
  assert.match(otherName.out, /tls_failed/);
});

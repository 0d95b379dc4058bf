// The official `openai` package, unmodified, against `stampede serve`: the guide's smoke test
// completes, and the SDK raises its own errors on the right faults, after its own retries.
// What the SDK is expected to do was read from its source.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { startServer } from "./start_server.mjs";

// The guide's minimal known-good request.
const smokeTest = {
  model: "deepseek-v4-flash",
  messages: [{ role: "user", content: "ping" }],
  max_tokens: 16,
};

// A client that notes each attempt it makes: the SDK's own count of retries.
function connect(server, options = {}) {
  const attempts = [];
  const client = new OpenAI({
    baseURL: server.url,
    apiKey: "sk-0123456789abcdef",
    fetch: (url, init) => {
      attempts.push(new Headers(init.headers).get("x-stainless-retry-count"));
      return fetch(url, init);
    },
    ...options,
  });
  return { client, attempts, ask: (more = {}) => client.chat.completions.create({ ...smokeTest, ...more }) };
}

// Runs `what`, which must fail with an error of `kind` and `status`, and returns the error.
async function refused(what, kind, status) {
  const error = await what.then(
    () => assert.fail("it succeeded"),
    (e) => e,
  );
  assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
  assert.equal(error.status, status);
  return error;
}

function checkUsage(usage) {
  assert.ok(usage.prompt_tokens > 0);
  assert.ok(usage.completion_tokens > 0 && usage.completion_tokens <= smokeTest.max_tokens);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  assert.equal(
    usage.prompt_tokens,
    usage.prompt_cache_hit_tokens + usage.prompt_cache_miss_tokens,
  );
}

const withoutThinking = { thinking: { type: "disabled" } };
const always = (keys) => `[[fault]]\n${keys}\n`;

test("the guide's smoke test completes", async (t) => {
  const { ask, attempts } = connect(await startServer(t));
  const answer = await ask(withoutThinking);
  assert.equal(answer.object, "chat.completion");
  assert.equal(answer.model, "deepseek-v4-flash");
  assert.match(answer.id, /^[0-9a-f-]{36}$/);
  assert.equal(answer.choices.length, 1);
  assert.equal(answer.choices[0].message.role, "assistant");
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.match(answer.choices[0].finish_reason, /^(stop|length)$/);
  checkUsage(answer.usage);
  assert.deepEqual(attempts, ["0"]);
});

test("the guide's smoke test completes word for word, with the default thinking", async (t) => {
  const { ask } = connect(await startServer(t));
  const answer = await ask();
  assert.equal(typeof answer.choices[0].message.content, "string");
  checkUsage(answer.usage);
});

test("the guide's smoke test completes as a stream, usage on the last chunk", async (t) => {
  const { ask } = connect(await startServer(t));
  const chunks = [];
  for await (const chunk of await ask({ ...withoutThinking, stream: true })) chunks.push(chunk);
  assert.ok(chunks.length >= 2);
  for (const chunk of chunks) {
    assert.equal(chunk.object, "chat.completion.chunk");
    assert.equal(chunk.model, "deepseek-v4-flash");
    assert.equal(chunk.id, chunks[0].id);
  }
  const last = chunks.pop();
  assert.match(last.choices[0].finish_reason, /^(stop|length)$/);
  checkUsage(last.usage);
  assert.equal(chunks[0].choices[0].delta.role, "assistant");
  for (const chunk of chunks) {
    assert.equal(chunk.choices[0].finish_reason, null);
    assert.ok(!chunk.usage);
  }
  const text = [...chunks, last].map((c) => c.choices[0].delta.content ?? "").join("");
  assert.ok(text.length > 0);
});

test("the variables that serve prints point the SDK at it, and /v1 is the same", async (t) => {
  const server = await startServer(t);
  assert.equal(server.environment.DEEPSEEK_BASE_URL, server.url);
  for (const baseURL of [server.environment.OPENAI_BASE_URL, `${server.url}/v1`]) {
    const client = new OpenAI({ baseURL, apiKey: server.environment.DEEPSEEK_API_KEY });
    assert.equal((await client.chat.completions.create(smokeTest)).object, "chat.completion");
  }
});

test("models.list names both models", async (t) => {
  const { client } = connect(await startServer(t));
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.deepEqual(names.sort(), ["deepseek-v4-flash", "deepseek-v4-pro"]);
});

test("a wrong key is an AuthenticationError, at once and without the key", async (t) => {
  const { ask, attempts } = connect(await startServer(t), { apiKey: "sk-bad-invalid" });
  const error = await refused(ask(), OpenAI.AuthenticationError, 401);
  assert.match(error.message, /Authentication Fails/);
  assert.ok(!error.message.includes("sk-bad-invalid"));
  assert.deepEqual(attempts, ["0"]);
});

test("only the keys of the scenario open the door, if it names some", async (t) => {
  const server = await startServer(t, '[server]\napi_keys = ["sk-aaaaaaaaaaaaaaaa"]');
  await connect(server, { apiKey: "sk-aaaaaaaaaaaaaaaa" }).ask();
  await refused(connect(server).ask(), OpenAI.AuthenticationError, 401);
});

test("429 is a RateLimitError, at once with maxRetries 0", async (t) => {
  const server = await startServer(t, always('kind = "status"\nstatus = 429'));
  const { ask, attempts } = connect(server, { maxRetries: 0 });
  const error = await refused(ask(), OpenAI.RateLimitError, 429);
  assert.equal(error.type, "rate_limit_error");
  assert.deepEqual(attempts, ["0"]);
});

test("429 is a RateLimitError after the SDK's own two retries", async (t) => {
  const server = await startServer(t, always('kind = "status"\nstatus = 429'));
  const { ask, attempts } = connect(server);
  await refused(ask(), OpenAI.RateLimitError, 429);
  assert.deepEqual(attempts, ["0", "1", "2"]);
});

test("the SDK waits as long as Retry-After says, then succeeds", async (t) => {
  const server = await startServer(
    t,
    always('kind = "status"\nstatus = 429\nretry_after = "2s"\ncount = 1'),
  );
  const { ask, attempts } = connect(server);
  const begin = performance.now();
  await ask();
  const ms = performance.now() - begin;
  assert.deepEqual(attempts, ["0", "1"]);
  assert.ok(ms >= 1_990, `came back after ${ms} ms`); // its own backoff would be at most 500 ms
});

test("a stream is refused like any other request", async (t) => {
  const server = await startServer(t, always('kind = "status"\nstatus = 429'));
  const { ask, attempts } = connect(server, { maxRetries: 0 });
  await refused(ask({ stream: true }), OpenAI.RateLimitError, 429);
  assert.deepEqual(attempts, ["0"]);
});

test("402 is an APIError, at once", async (t) => {
  const server = await startServer(t, always('kind = "status"\nstatus = 402'));
  const { ask, attempts } = connect(server);
  const error = await refused(ask(), OpenAI.APIError, 402);
  assert.match(error.message, /Insufficient Balance/);
  assert.deepEqual(attempts, ["0"]);
});

test("422 is an UnprocessableEntityError for an illegal parameter, at once", async (t) => {
  const { ask, attempts } = connect(await startServer(t));
  const error = await refused(ask({ temperature: 2.5 }), OpenAI.UnprocessableEntityError, 422);
  assert.match(error.message, /temperature/);
  assert.deepEqual(attempts, ["0"]);
});

test("the observed profile says 400 to the same parameter", async (t) => {
  const { ask } = connect(await startServer(t, '[server]\nprofile = "observed"'));
  await refused(ask({ temperature: 2.5 }), OpenAI.BadRequestError, 400);
});

for (const status of [500, 503]) {
  test(`${status} is an InternalServerError after two retries`, async (t) => {
    const server = await startServer(t, always(`kind = "status"\nstatus = ${status}`));
    const { ask, attempts } = connect(server);
    await refused(ask(), OpenAI.InternalServerError, status);
    assert.deepEqual(attempts, ["0", "1", "2"]);
  });
}

test("a fault of one request is over on the SDK's first retry", async (t) => {
  const server = await startServer(t, always('kind = "status"\nstatus = 503\ncount = 1'));
  const { ask, attempts } = connect(server);
  assert.equal((await ask()).object, "chat.completion");
  assert.deepEqual(attempts, ["0", "1"]);
});

const queued = always('kind = "queue_hang"\nhold = "1s"\nkeep_alive_every = "100ms"');

test("keep-alive bytes of a queued call do not disturb the SDK", async (t) => {
  const { ask, attempts } = connect(await startServer(t, queued));
  const begin = performance.now();
  assert.ok((await ask(withoutThinking)).choices[0].message.content.length > 0);
  assert.ok(performance.now() - begin >= 990);
  let text = "";
  for await (const chunk of await ask({ ...withoutThinking, stream: true })) {
    text += chunk.choices[0].delta.content ?? "";
  }
  assert.ok(text.length > 0);
  assert.deepEqual(attempts, ["0", "0"]);
});

test("truncated JSON is a 200 that the SDK cannot read and does not retry", async (t) => {
  const { ask, attempts } = connect(await startServer(t, always('kind = "truncate"\ncut_at = "50%"')));
  await refused(ask(), SyntaxError, undefined);
  assert.deepEqual(attempts, ["0"]);
});

test("AbortController ends a waiting request, and the server serves on", async (t) => {
  const server = await startServer(t, always('kind = "latency"\nadd = "60s"\ncount = 1'));
  const { ask, client } = connect(server);
  const abort = new AbortController();
  const waiting = client.chat.completions.create(smokeTest, { signal: abort.signal });
  setTimeout(() => abort.abort(), 300);
  await refused(waiting, OpenAI.APIUserAbortError, undefined);
  assert.equal((await ask()).object, "chat.completion");
});

test("a stream can be left in the middle, and the server serves on", async (t) => {
  const server = await startServer(t, "[server]\ntokens_per_second = 10\noutput_tokens = 600");
  const { ask } = connect(server);
  const stream = await ask({ ...withoutThinking, max_tokens: 600, stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content) break;
  }
  assert.ok(stream.controller.signal.aborted);
  const again = await ask({ ...withoutThinking, max_tokens: 600, stream: true });
  for await (const chunk of again) {
    if (chunk.choices[0].delta.content) break;
  }
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  test(`${signal} stops the server in good order`, async (t) => {
    const server = await startServer(t);
    await connect(server).ask();
    assert.deepEqual(await server.stop(signal), { code: 0, signal: null });
  });
}

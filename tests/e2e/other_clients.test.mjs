// Clients nobody here wrote, unmodified, against `stampede serve`: the Anthropic SDK, Vercel's `ai`
// with its DeepSeek provider, LangChain's, and the openai package. Each completes a chat, a stream,
// a tool call whose result returns to the model, and JSON mode where it has one.
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { createDeepSeek } from "@ai-sdk/deepseek";
import { ChatDeepSeek } from "@langchain/deepseek";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool as langchainTool } from "@langchain/core/tools";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { z } from "zod";
import { startServer } from "./start_server.mjs";

const apiKey = "sk-0123456789abcdef";
const city = z.object({ city: z.string(), days: z.number().int() });

test("the Anthropic SDK: a message, a stream with its thinking, a tool call and its result", async (t) => {
  const server = await startServer(t);
  const client = new Anthropic({ baseURL: `${server.url}/anthropic`, apiKey, maxRetries: 0 });
  const ask = { model: "claude-haiku-4-5", max_tokens: 400, messages: [{ role: "user", content: "ping" }] };

  const plain = await client.messages.create({ ...ask, thinking: { type: "disabled" } });
  assert.equal(plain.stop_reason, "end_turn");
  assert.equal(plain.model, "deepseek-v4-flash");
  assert.ok(plain.content[0].text.length > 0);
  assert.ok(plain.usage.output_tokens > 0);

  const stream = client.messages.stream({ ...ask, thinking: { type: "enabled", budget_tokens: 1024 } });
  let text = "";
  stream.on("text", (piece) => (text += piece));
  const whole = await stream.finalMessage();
  assert.deepEqual(whole.content.map((block) => block.type), ["thinking", "text"]);
  assert.equal(whole.content[1].text, text);
  assert.equal(whole.stop_reason, "end_turn");

  const tools = [{ name: "weather", input_schema: z.toJSONSchema(city) }];
  const asked = await client.messages.create({ ...ask, tools, thinking: { type: "disabled" } });
  assert.equal(asked.stop_reason, "tool_use");
  const use = asked.content.find((block) => block.type === "tool_use");
  assert.equal(use.name, "weather");
  city.parse(use.input);
  const answered = await client.messages.create({
    ...ask,
    tools,
    thinking: { type: "disabled" },
    messages: [
      ...ask.messages,
      { role: "assistant", content: asked.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "sunny" }] },
    ],
  });
  assert.equal(answered.stop_reason, "end_turn");
});

test("the Anthropic SDK raises its own errors", async (t) => {
  const server = await startServer(t, '[[fault]]\nkind = "status"\nstatus = 429\ncount = 1');
  const ask = { model: "claude-haiku-4-5", max_tokens: 40, messages: [{ role: "user", content: "ping" }] };
  const hasty = new Anthropic({ baseURL: `${server.url}/anthropic`, apiKey, maxRetries: 0 });
  await assert.rejects(hasty.messages.create(ask), Anthropic.RateLimitError);
  const stranger = new Anthropic({ baseURL: `${server.url}/anthropic`, apiKey: "sk-x-invalid", maxRetries: 0 });
  await assert.rejects(stranger.messages.create(ask), Anthropic.AuthenticationError);
});

test("Vercel's ai with its DeepSeek provider: text, a stream, tools in steps, JSON mode", async (t) => {
  const server = await startServer(t);
  const model = createDeepSeek({ baseURL: server.url, apiKey })("deepseek-chat");

  const plain = await generateText({ model, prompt: "ping" });
  assert.ok(plain.text.length > 0);
  assert.equal(plain.finishReason, "stop");
  assert.ok(plain.usage.outputTokens > 0);

  const stream = streamText({ model, prompt: "ping" });
  let pieces = 0;
  for await (const piece of stream.textStream) pieces += piece.length > 0 ? 1 : 0;
  assert.ok(pieces > 1);
  assert.equal(await stream.finishReason, "stop");

  const calls = [];
  const weather = tool({
    description: "The weather of a city",
    inputSchema: city,
    execute: async (input) => {
      calls.push(city.parse(input));
      return "sunny";
    },
  });
  const stepped = await generateText({ model, prompt: "weather?", tools: { weather }, stopWhen: stepCountIs(4) });
  assert.equal(calls.length, 1);
  assert.equal(stepped.steps.length, 2);
  assert.equal(stepped.finishReason, "stop");

  const json = await generateObject({ model, output: "no-schema", prompt: "answer in json" });
  assert.equal(typeof json.object.answer, "string");
});

test("the openai package: a tool call, its result, JSON mode, logprobs", async (t) => {
  const server = await startServer(t);
  const client = new OpenAI({ baseURL: server.url, apiKey, maxRetries: 0 });
  const messages = [{ role: "user", content: "weather? answer in json" }];
  const tools = [{ type: "function", function: { name: "weather", parameters: z.toJSONSchema(city) } }];
  const ask = { model: "deepseek-chat", messages, tools };

  const asked = await client.chat.completions.create(ask);
  assert.equal(asked.choices[0].finish_reason, "tool_calls");
  const call = asked.choices[0].message.tool_calls[0];
  city.parse(JSON.parse(call.function.arguments));

  let args = "";
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true }))
    args += chunk.choices[0].delta.tool_calls?.[0].function.arguments ?? "";
  city.parse(JSON.parse(args));

  const result = { role: "tool", tool_call_id: call.id, content: "sunny" };
  const answered = await client.chat.completions.create({
    ...ask,
    messages: [...messages, asked.choices[0].message, result],
    response_format: { type: "json_object" },
    logprobs: true,
    top_logprobs: 2,
  });
  assert.equal(answered.choices[0].finish_reason, "stop");
  JSON.parse(answered.choices[0].message.content);
  assert.equal(answered.choices[0].logprobs.content[0].top_logprobs.length, 2);
});

test("LangChain's ChatDeepSeek: a chat, a stream, a tool call and its result, JSON mode", async (t) => {
  const server = await startServer(t);
  const model = new ChatDeepSeek({
    apiKey,
    model: "deepseek-chat",
    maxRetries: 0,
    configuration: { baseURL: server.url },
  });

  const plain = await model.invoke("ping");
  assert.ok(plain.content.length > 0);
  assert.ok(plain.usage_metadata.output_tokens > 0);

  let streamed = "";
  for await (const piece of await model.stream("ping")) streamed += piece.content;
  assert.ok(streamed.length > 0);

  const weather = langchainTool(async () => "sunny", { name: "weather", description: "weather", schema: city });
  const equipped = model.bindTools([weather]);
  const question = new HumanMessage("weather?");
  const asked = await equipped.invoke([question]);
  assert.equal(asked.tool_calls.length, 1);
  city.parse(asked.tool_calls[0].args);
  const result = new ToolMessage({ content: "sunny", tool_call_id: asked.tool_calls[0].id });
  const answered = await equipped.invoke([question, asked, result]);
  assert.equal(answered.tool_calls.length, 0);
  assert.ok(answered.content.length > 0);

  const json = await model.invoke("answer in json", { response_format: { type: "json_object" } });
  JSON.parse(json.content);
});

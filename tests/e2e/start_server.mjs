// Starts `stampede serve` as a child process for one test, which stops it at its end.
//
//   const server = await startServer(t);                       // a plain mock
//   const server = await startServer(t, '[server]\nslots = 1'); // with this in its scenario
//   const server = await startServer(t, "", ["--tls"]);         // with these options as well
//   server.url, server.scenario (its file), server.environment, await server.stop("SIGINT")
//
// The program is named by the environment variable STAMPEDE, else the preset dev's.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const stampede =
  process.env.STAMPEDE ??
  fileURLToPath(new URL("../../build/dev/harness/stampede", import.meta.url));

const awaited = ["DEEPSEEK_BASE_URL", "OPENAI_BASE_URL", "DEEPSEEK_API_KEY"];
const startWithinMs = 20_000;
const stopWithinMs = 10_000;

export async function startServer(t, settings = "", more = []) {
  const folder = mkdtempSync(join(tmpdir(), "stampede-e2e-"));
  const scenario = join(folder, "scenario.toml");
  writeFileSync(scenario, `name = "e2e"\nduration = "1h"\n${settings}\n`);
  const child = spawn(stampede, ["serve", scenario, "--port", "0", ...more], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const stop = async (signal = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
    const end = await ended;
    clearTimeout(late);
    rmSync(folder, { recursive: true, force: true });
    return end;
  };
  t.after(() => stop());
  const printed = await firstWords(child, ended);
  return { url: printed.url, scenario, errors: () => printed.errors(), environment: printed.environment, stop };
}

// What the server prints once it listens: its address, and the variables that point a client at it.
function firstWords(child, ended) {
  return new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    const fail = (why) =>
      reject(new Error(`${stampede} serve: ${why}\nstdout: ${out}\nstderr: ${err}`));
    const late = setTimeout(() => fail("did not say where it listens"), startWithinMs);
    ended.then((end) => fail(`ended: ${JSON.stringify(end)} ${end.error ?? ""}`));
    child.stderr.on("data", (data) => (err += data));
    child.stdout.on("data", (data) => {
      out += data;
      const url = out.match(/listening on (https?:\/\/127\.0\.0\.1:\d+)\s/)?.[1];
      const environment = Object.fromEntries(
        [...out.matchAll(/^\s*export (\w+)=["']?([^"'\s]*)["']?\s*$/gm)].map((m) => [m[1], m[2]]),
      );
      if (!url || !awaited.every((name) => environment[name])) return;
      clearTimeout(late);
      resolve({ url, environment, errors: () => err });
    });
  });
}

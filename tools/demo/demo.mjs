// The main job on a real MCP server that is not ours: it is submitted, approved, and called
// through the gateway with the official SDK's client. Every step says what came back.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { start, stop } from "./processes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const MESSAGE = "hello from the demo";

let steps = 0;
async function step(title, run) {
  steps += 1;
  console.log(`${steps}. ${title}`);
  try {
    return await run();
  } catch (error) {
    const cause = error.cause ? ` (${error.cause.message ?? error.cause})` : "";
    throw new Error(`step ${steps} failed: ${title}: ${error.message}${cause}`);
  }
}

function say(text) {
  console.log(`   ${text}`);
}

function registryBinary() {
  if (process.env.MCP_REGISTRY_BIN) return process.env.MCP_REGISTRY_BIN;
  const candidates = ["release", "debug"].map((profile) => join(here, "../../target", profile, "mcp-registry"));
  const found = candidates.find(existsSync);
  if (!found) throw new Error("there is no target/release/mcp-registry and no target/debug/mcp-registry: cargo build -p standalone");
  return found;
}

/** One request to the REST API; what it answers must have the status that is expected. */
async function ask(method, url, { token, body, headers = {}, expect }) {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body && { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (answer.status !== expect) throw new Error(`${method} ${url} answered ${answer.status}, not ${expect}: ${text}`);
  return { body: JSON.parse(text), headers: answer.headers };
}

async function startUpstream() {
  const main = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/dist/index.js");
  const args = ["--require", join(here, "loopback.cjs"), main, "streamableHttp"];
  const port = await start("server-everything", process.execPath, args, {
    ready: (line) => line.match(/^listening on (\d+)$/)?.[1],
  });
  return `http://127.0.0.1:${port}/mcp`;
}

async function startRegistry() {
  const listening = {};
  const env = {
    ENVIRONMENT: "development",
    MREG_DATA_DIR: "data",
    MREG_SERVICE_PORT: "0",
    MREG_FASTMCP_PORT: "0",
    MREG_SERVICE_WORKERS: "1",
  };
  return start("mcp-registry", registryBinary(), ["serve"], {
    env,
    ready: (line) => {
      if (!line.startsWith("{")) return undefined;
      const { message, server, address } = JSON.parse(line);
      if (message === "listening") listening[server] = `http://${address}`;
      const { "public-api": api, "mcp-gateway": gateway } = listening;
      return api && gateway ? { api, gateway } : undefined;
    },
  });
}

async function tokenFor(api, subject, roles) {
  const { body } = await ask("POST", `${api}/dev/token`, { body: { subject, roles }, expect: 200 });
  say(`${subject}: a ${body.token_type} token, good for ${body.expires_in} s`);
  return body.access_token;
}

/** Waits until what the server offers was read, or could not be. */
async function discovered(url, token) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { body } = await ask("GET", `${url}/manifest`, { token, expect: 200 });
    if (body.state === "complete") return body;
    if (body.state === "failed") throw new Error(`the server could not be read: ${body.fault.class}: ${body.fault.detail}`);
    if (Date.now() > deadline) throw new Error("nothing was read within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Asks until the answer is there: an approval reaches the gateway within a second. */
async function eventually(find) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { found, seen } = await find();
    if (found) return seen;
    if (Date.now() > deadline) throw new Error(`not within 10 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function demo() {
  const upstream = await step("Start @modelcontextprotocol/server-everything", async () => {
    const url = await startUpstream();
    say(`an MCP server answers at ${url}`);
    return url;
  });
  const { api, gateway } = await step("Start mcp-registry", async () => {
    const at = await startRegistry();
    say(`public API at ${at.api}, MCP gateway at ${at.gateway}/mcp`);
    return at;
  });
  const [submitter, administrator] = await step("Get two tokens from the development issuer", async () => [
    await tokenFor(api, "submitter", ["user"]),
    await tokenFor(api, "administrator", ["admin"]),
  ]);
  const url = await step("Submit the server", async () => {
    const { body } = await ask("POST", `${api}/registrations`, {
      token: submitter,
      body: { endpoint_url: upstream, endpoint_name: "Everything", owner_contact: "submitter@example.com", available_tools: [] },
      expect: 201,
    });
    say(`registration ${body.registration_id} is ${body.status}`);
    return `${api}/registrations/${body.registration_id}`;
  });
  const manifest = await step("Wait until its manifest was read", async () => {
    const found = await discovered(url, administrator);
    const { tools, resources, resource_templates: templates, prompts } = found.definitions;
    say(`${tools.length} tools, ${resources.length} resources, ${templates.length} templates, ${prompts.length} prompts`);
    say(`digest ${found.digest}`);
    return found;
  });
  const alias = await step("Approve what was read", async () => {
    const { body } = await ask("PATCH", `${url}/status`, {
      token: administrator,
      body: { status: "Approved", manifest_digest: manifest.digest },
      expect: 200,
    });
    say(`registration is ${body.status}, alias ${body.alias}, at ${body.mcp_url}`);
    return body.alias;
  });
  const client = await step("Connect the official SDK's client to the gateway", async () => {
    const made = new Client({ name: "mcp-registry-demo", version: "1.0.0" });
    const requestInit = { headers: { Authorization: `Bearer ${submitter}` } };
    await made.connect(new StreamableHTTPClientTransport(new URL(`${gateway}/mcp`), { requestInit }));
    const { name, version } = made.getServerVersion();
    say(`connected to ${name} ${version}`);
    return made;
  });
  await step("List the tools", async () => {
    const names = await eventually(async () => {
      const { tools } = await client.listTools();
      const seen = tools.map((tool) => tool.name);
      return { found: seen.includes(`${alias}__echo`), seen };
    });
    say(`${names.length} tools: ${names.join(", ")}`);
  });
  const echoed = await step(`Call ${alias}__echo`, async () => {
    const answer = await client.callTool({ name: `${alias}__echo`, arguments: { message: MESSAGE } });
    const text = answer.content?.[0]?.text;
    if (answer.isError || !text?.includes(MESSAGE)) throw new Error(`answered ${JSON.stringify(answer)}`);
    await client.close();
    return text;
  });
  await step("Stop both", stop);
  return echoed;
}

try {
  const echoed = await demo();
  console.log(echoed);
  process.exit(0);
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exit(1);
}

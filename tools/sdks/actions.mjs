// A client of TypeScript, as it is, does what clients do: lists, calls, reads, gets a prompt, sees
// progress, answers a question, cancels. What came of it is printed as one JSON object.
//
//   node actions.mjs v1|v2|remote legacy|modern URL NAMES     the token in TOKEN
//
// NAMES says what things are called behind URL, and whether to cancel: {"prefix", "uri", "cancels"}. `remote` is mcp-remote between
// URL and a client of SDK v1. The call that is cancelled is cancelled when a line comes in.
import { once } from "node:events";

const [kind, era, url, given] = process.argv.slice(2);
const { prefix, uri, cancels } = JSON.parse(given);
const authorization = `Bearer ${process.env.TOKEN}`;
const name = (own) => `${prefix}${own}`;
const about = { name: `sdk-${kind}`, version: "1.0.0" };
const capabilities = { elicitation: {} };
const answer = () => ({ action: "accept", content: { name: "Ada" } });

/** The transport of an SDK to a server over HTTP. */
const http = (Transport) => new Transport(new URL(url), { requestInit: { headers: { authorization } } });

async function ofV2() {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const mode = era === "modern" ? { pin: "2026-07-28" } : "legacy";
  const client = new Client(about, { capabilities, versionNegotiation: { mode } });
  client.setRequestHandler("elicitation/create", answer);
  await client.connect(http(StreamableHTTPClientTransport));
  const call = (tool, args, options) => client.callTool({ name: tool, arguments: args }, options);
  return { client, call, revision: () => client.getNegotiatedProtocolVersion() };
}

async function ofV1() {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { ElicitRequestSchema } = await import("@modelcontextprotocol/sdk/types.js");
  const client = new Client(about, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, answer);
  let transport;
  if (kind === "remote") {
    const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
    const proxy = "node_modules/mcp-remote/dist/proxy.js";
    const protocol = era === "modern" ? "auto" : "legacy";
    const args = [proxy, url, "--transport", "http-only", "--protocol", protocol, "--header", "Authorization:${SHOWN}"];
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, SHOWN: authorization };
    transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: "inherit" });
  } else {
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
    transport = http(StreamableHTTPClientTransport);
  }
  await client.connect(transport);
  const call = (tool, args, options) => client.callTool({ name: tool, arguments: args }, undefined, options);
  return { client, call, revision: () => transport.protocolVersion };
}

const { client, call, revision } = kind === "v2" ? await ofV2() : await ofV1();
const text = (result) => result.content[0].text;
const found = { revision: revision() ?? null };

found.list = (await client.listTools()).tools.map((tool) => tool.name);
found.call = text(await call(name("echo"), { text: "hello" }));
found.read = (await client.readResource({ uri })).contents[0].text;
const prompt = await client.getPrompt({ name: name("greet"), arguments: { name: "Ada" } });
found.prompt = prompt.messages[0].content.text;
found.progress = [];
await call(name("progress"), { steps: 3 }, { onprogress: ({ progress }) => found.progress.push(progress) });
found.elicit = text(await call(name("ask"), {}));

if (cancels) {
  const leaving = new AbortController();
  const slow = call(name("slow"), {}, { signal: leaving.signal });
  once(process.stdin, "data").then(() => leaving.abort("nobody waits any more"));
  found.cancel = await slow.then(
    () => "answered",
    () => "cancelled",
  );
}
console.log(JSON.stringify(found));
// What was cancelled is told before the connection goes: the reader closes our input then.
process.stdin.on("end", () => client.close().finally(() => process.exit(0))).resume();

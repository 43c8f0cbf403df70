// The integration plan's own client against a running registry: API_BASE_URL, MCP_BASE_URL and
// UPSTREAM_URL say which.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import axios from "axios";
import { ApiClient, FastMCPAPI, ServerManagementAPI } from "./seed-client.js";
import { given } from "./given.js";

const api = given("API_BASE_URL");
const upstream = given("UPSTREAM_URL");
const client = (fastmcpBaseUrl = api) =>
  new ApiClient({
    apiBaseUrl: api,
    fastmcpBaseUrl,
    cachedToken: "a token that has ended",
    freshToken: async () => given("USER_TOKEN"),
  });

const draft = (name: string, tags: string[]) => ({
  name,
  endpoint_url: `${upstream}?${name}`,
  transport_type: "http" as const,
  version: "1.0.0",
  tags,
  auto_discover: true,
});

test("servers are registered and listed, by tags in either spelling", async () => {
  const servers = new ServerManagementAPI(client());
  const made = await servers.registerServer(draft("planned-both", ["planned-a", "planned-b"]));
  await servers.registerServer(draft("planned-one", ["planned-a"]));
  const names = async (tags: string[]) =>
    (await servers.listServers({ tags })).map((server) => server.name).sort();
  // axios writes this as tags[]=planned-a&tags[]=planned-b.
  assert.deepEqual(await names(["planned-a", "planned-b"]), ["planned-both"]);
  assert.deepEqual(await names(["planned-a"]), ["planned-both", "planned-one"]);
  const joined = await axios.get(`${api}/api/v1/servers`, {
    params: { tags: "planned-a,planned-b", include_tools: true },
  });
  assert.deepEqual(joined.data.map((server: { id: string }) => server.id), [made.id]);
  assert.ok(joined.data[0].tools.some((tool: { name: string }) => tool.name === "echo"));
});

test("a hundred at once are all registered", async () => {
  const servers = new ServerManagementAPI(client());
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  const drafts = numbers.map((n) => ({ ...draft(`hundred-${n}`, ["hundred"]), auto_discover: false }));
  const made = await Promise.all(drafts.map((one) => servers.registerServer(one)));
  assert.equal(new Set(made.map((server) => server.id)).size, 100);
  assert.equal((await servers.listServers({ tags: ["hundred"], limit: 200 })).length, 100);
});

test("a call with a token that has ended is made again with a new one", async () => {
  const authenticated = client();
  await new ServerManagementAPI(authenticated).registerServer(draft("planned-call", []));
  const tools = new FastMCPAPI(authenticated);
  const result = await tools.callTool<{ content: { text: string }[] }>("echo", { text: "hello" });
  assert.match(result.content[0]?.text ?? "", /hello/);
  assert.equal(authenticated.refreshes, 1);
});

test("port 8001 answers the same client", async () => {
  const admin = given("ADMIN_TOKEN");
  const headers = { Authorization: `Bearer ${admin}` };
  const registered = await axios.post(`${api}/api/v1/servers`, draft("planned-8001", []), { headers });
  const name = `${registered.data.alias}__echo`;
  const tools = new FastMCPAPI(client(given("MCP_BASE_URL")));
  const signal = AbortSignal.timeout(60_000);
  let result: { content: { text: string }[] } | undefined;
  while (result === undefined && !signal.aborted) {
    result = await tools.callTool(name, { text: "over 8001" });
    if (result === undefined) await pause(100);
  }
  assert.match(result?.content[0]?.text ?? "", /over 8001/);
});

test("what goes wrong arrives as an error with its status", async () => {
  const servers = new ServerManagementAPI(client());
  const bad = servers.registerServer({ ...draft("", []), endpoint_url: "ftp://nowhere" });
  await assert.rejects(bad, (error: unknown) => {
    assert.ok(axios.isAxiosError(error));
    assert.equal(error.response?.status, 422);
    assert.equal(error.response?.data.error, "VALIDATION_ERROR");
    return true;
  });
});

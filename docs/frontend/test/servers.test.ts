// `/api/v1/servers` by the kit, and what it registers there called on port 8001: API_BASE_URL,
// MCP_BASE_URL, USER_TOKEN, ADMIN_TOKEN and UPSTREAM_URL say where.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, GatewayClient, ServersClient } from "../src/index.js";
import { given } from "./given.js";

const api = given("API_BASE_URL");
const upstream = given("UPSTREAM_URL");
const admin = new ServersClient(api, async () => given("ADMIN_TOKEN"));

const draft = (name: string) => ({
  name,
  endpoint_url: `${upstream}?${name}`,
  tags: ["kit", name],
  auto_discover: true,
});

async function refusal(asked: Promise<unknown>): Promise<ApiError> {
  try {
    await asked;
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error;
  }
  return assert.fail("it was not refused");
}

test("a server is registered on port 8000 and called on port 8001", async () => {
  const made = await admin.register(draft("kit-one"));
  assert.equal(made.health_status === "maintenance", false);
  const page = await admin.list({ tags: ["kit", "kit-one"], include_tools: true });
  assert.equal(page.total, 1);
  assert.deepEqual(page.servers.map(({ id }) => id), [made.id]);
  assert.ok(page.servers[0]?.tools?.some((tool) => tool.name === "echo"));
  const found = await admin.withTools(["ech*"]);
  assert.ok(found.servers.some(({ id }) => id === made.id));

  const gateway = new GatewayClient(given("MCP_BASE_URL"), async () => given("USER_TOKEN"));
  const signal = AbortSignal.timeout(60_000);
  let listed = await gateway.listTools(made.alias).catch(() => []);
  while (listed.length === 0 && !signal.aborted) {
    await pause(100);
    listed = await gateway.listTools(made.alias).catch(() => []);
  }
  const called = await gateway.callTool("echo", { text: "from the kit" }, made.alias);
  assert.match(JSON.stringify(called), /from the kit/);
});

test("a server is replaced, taken out of rotation and deleted", async () => {
  const made = await admin.register(draft("kit-two"));
  const replaced = await admin.replace(made.id, { ...draft("kit-two"), description: "Anew" });
  assert.equal(replaced.description, "Anew");
  assert.equal((await admin.order(made.id, "maintenance")).health_status, "maintenance");
  assert.equal((await admin.find(made.id)).health_status, "maintenance");
  assert.equal((await admin.order(made.id, "unknown")).health_status, "unknown");
  assert.ok((await admin.stats()).total_servers > 0);
  await admin.delete(made.id);
  assert.equal((await admin.list({ tags: ["kit-two"] })).total, 0);
  const gone = await refusal(admin.find(made.id));
  assert.deepEqual([gone.status, gone.code], [404, "SERVER_NOT_FOUND"]);
});

test("of many, one that is wrong fails alone", async () => {
  const wrong = { ...draft("kit-wrong"), endpoint_url: "ftp://nowhere" };
  const report = await admin.registerMany([draft("kit-three"), wrong, draft("kit-four")]);
  assert.deepEqual([report.succeeded, report.failed], [2, 1]);
  assert.deepEqual(report.results.map(({ index, status }) => [index, status]), [
    [0, 201],
    [1, 422],
    [2, 201],
  ]);
  const twice = await refusal(admin.register(draft("kit-three")));
  assert.equal(twice.status, 409);
  const invalid = await refusal(admin.register({ name: "", endpoint_url: "nowhere" }));
  assert.deepEqual(Object.keys(invalid.fieldMessages()).sort(), ["endpoint_url", "name"]);
});

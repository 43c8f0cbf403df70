// Against a running registry: API_BASE_URL, MCP_BASE_URL, USER_TOKEN, ADMIN_TOKEN and UPSTREAM_URL
// (an MCP server that may be registered) say which.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, GatewayClient, NetworkError, RegistryClient, importDump } from "../src/index.js";
import { given } from "./given.js";

const api = given("API_BASE_URL");
const user = new RegistryClient(api, async () => given("USER_TOKEN"));
const admin = new RegistryClient(api, async () => given("ADMIN_TOKEN"));

async function refusal(asked: Promise<unknown>): Promise<ApiError> {
  try {
    await asked;
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error;
  }
  return assert.fail("it was not refused");
}

async function eventually<T>(what: string, fact: () => Promise<T | undefined>): Promise<T> {
  const signal = AbortSignal.timeout(60_000);
  for (;;) {
    const found = await fact();
    if (found !== undefined) return found;
    if (signal.aborted) throw new Error(`waited too long until ${what}`);
    // Asked without a pause, the server would say that these are too many requests.
    await pause(100);
  }
}

test("the main job, as a page does it", async () => {
  assert.equal((await user.health()).status, "healthy");
  assert.equal((await user.me()).is_admin, false);
  const { registration_id: id } = await user.submit({
    endpoint_url: given("UPSTREAM_URL"),
    endpoint_name: "From a page",
    owner_contact: "Team Page",
    alias: "page",
  });
  const file = new Blob(["# How to ask"], { type: "text/markdown" });
  const document = await user.upload(id, file, "Führung.md", "How to ask");
  assert.equal(document.content_type, "text/markdown");
  const bytes = await user.download(id, document.document_id);
  assert.equal(Buffer.from(bytes).toString("utf8"), "# How to ask");
  await user.addLink(id, { rel: "source", url: "https://code.example.com/page" });
  assert.equal((await user.documents(id)).total, 1);
  assert.equal((await user.links(id)).total, 1);

  await eventually("it is discovered", async () => {
    const shown = await admin.find(id);
    return shown.discovery.state === "complete" ? shown : undefined;
  });
  const approved = await admin.decide(id, "Approved", "looks good");
  assert.equal(approved.status, "Approved");
  assert.equal((await user.findByUrl(given("UPSTREAM_URL"))).registration_id, id);
  assert.equal((await user.list({ status: "Approved" })).total, 1);
  assert.equal((await user.listMy()).total, 1);
  const trail = await admin.auditLog({ registration_id: id });
  const actions = trail.results.map((row) => row.action);
  assert.deepEqual(actions, ["Approved", "Updated", "Updated", "Created"]);

  const gateway = new GatewayClient(given("MCP_BASE_URL"), async () => given("USER_TOKEN"));
  const tools = await eventually("its tools are listed", async () => {
    const listed = await gateway.listTools("page").catch(() => []);
    return listed.length > 0 ? listed : undefined;
  });
  assert.ok(tools.some((tool) => tool.name === "echo"));
  assert.ok((await gateway.listTools()).some((tool) => tool.name === "page__echo"));
  const called = await gateway.callTool("echo", { text: "hello" }, "page");
  assert.match(JSON.stringify(called), /hello/);
});

test("every refusal has its status, its code and the id under which the log has it", async () => {
  const draft = { endpoint_url: "ftp://x", endpoint_name: "ab", owner_contact: "" };
  const invalid = await refusal(user.submit(draft));
  assert.deepEqual([invalid.status, invalid.code], [422, "VALIDATION_ERROR"]);
  const named = Object.keys(invalid.fieldMessages());
  assert.deepEqual(named.sort(), ["endpoint_name", "endpoint_url", "owner_contact"]);
  assert.ok(invalid.requestId);
  const nobody = "00000000-0000-4000-8000-000000000000";
  const unknown = await refusal(user.find(nobody));
  assert.deepEqual([unknown.status, unknown.code], [404, "REGISTRATION_NOT_FOUND"]);
  const denied = await refusal(user.auditLog());
  assert.deepEqual([denied.status, denied.code], [403, "INSUFFICIENT_PERMISSIONS"]);
  const stranger = new RegistryClient(api, async () => undefined);
  assert.equal((await refusal(stranger.me())).code, "AUTHENTICATION_REQUIRED");
  const forged = new GatewayClient(given("MCP_BASE_URL"), async () => "forged");
  assert.equal((await refusal(forged.listTools())).status, 401);
  const away = new RegistryClient("http://127.0.0.1:1", async () => undefined);
  await assert.rejects(away.health(), NetworkError);
});

test("a dump of the old store is imported once, dry first", async () => {
  const row = (name: string, url: string) => ({ name, url, owner: "Team Old", tools: ["a"] });
  const dump = [
    row("Old one", "http://127.0.0.1:1/old-one"),
    row("Old two", "http://127.0.0.1:1/old-two"),
    row("ab", "http://127.0.0.1:1/short-name"),
    row("Old three", "ftp://127.0.0.1/old-three"),
  ];
  const outcomes = async (write: boolean) =>
    (await importDump(user, dump, { write })).map(({ outcome }) => outcome);
  const before = (await user.listMy()).total;
  const would = "would be submitted";
  assert.deepEqual(await outcomes(false), [would, would, "refused", would]);
  assert.equal((await user.listMy()).total, before);
  assert.deepEqual(await outcomes(true), ["submitted", "submitted", "refused", "refused"]);
  assert.deepEqual((await outcomes(true)).slice(0, 2), ["there already", "there already"]);
  assert.equal((await user.listMy()).total, before + 2);
});

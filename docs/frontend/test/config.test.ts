import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "../src/config.js";
import { draftOf } from "../src/import.js";

test("both families of names are read, and false is false", () => {
  const react = readConfig({
    REACT_APP_API_BASE_URL: "https://api.example.com/",
    REACT_APP_ENABLE_ADMIN: "true",
    REACT_APP_ENABLE_REALTIME: "false",
  });
  assert.equal(react.apiBaseUrl, "https://api.example.com");
  assert.deepEqual([react.enableAdmin, react.enableRealtime, react.enableMetrics], [true, false, false]);
  assert.equal(react.azure, undefined);
  const vite = readConfig({
    VITE_FASTMCP_BASE_URL: "http://localhost:9001",
    VITE_AZURE_CLIENT_ID: "client",
    VITE_AZURE_TENANT_ID: "tenant",
  });
  assert.equal(vite.mcpBaseUrl, "http://localhost:9001");
  assert.equal(vite.azure?.clientId, "client");
});

test("a value that is wrong is named", () => {
  assert.throws(() => readConfig({ VITE_ENABLE_ADMIN: "yes" }), /ENABLE_ADMIN/);
  assert.throws(() => readConfig({ VITE_API_BASE_URL: "localhost:8000" }), /API_BASE_URL/);
  assert.throws(() => readConfig({ VITE_AZURE_CLIENT_ID: "client" }), /AZURE_TENANT_ID/);
});

test("a row of the old store becomes a draft, or says why not", () => {
  const row = { id: 1, name: "Weather", url: "https://mcp.example.com/mcp", owner: "Team", tools: ["now"] };
  assert.deepEqual(draftOf(row), {
    draft: {
      endpoint_url: row.url,
      endpoint_name: "Weather",
      owner_contact: "Team",
      description: null,
      available_tools: [{ name: "now" }],
    },
  });
  assert.deepEqual(draftOf({ ...row, name: "ab" }), {
    why: "name: name has to have 3 characters or more",
  });
});

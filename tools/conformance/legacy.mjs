// A server that offers what the conformance suite asks for, of the revisions with a handshake
// (official SDK). It keeps sessions and streams its answers, as most servers in the field do.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListRootsResultSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

import { Unknown, call, completion, lists, prompt, read } from "./offers.mjs";

const RESULTS = {
  "elicitation/create": ElicitResultSchema,
  "sampling/createMessage": CreateMessageResultSchema,
  "roots/list": ListRootsResultSchema,
};

function server() {
  const capabilities = {
    tools: { listChanged: true },
    resources: { subscribe: true },
    prompts: { listChanged: true },
    completions: {},
    logging: {},
  };
  const made = new Server({ name: "everything-for-conformance", version: "1.0.0" }, { capabilities });
  /** What a tool can do while it runs. */
  const during = (extra) => ({
    capabilities: made.getClientCapabilities() ?? {},
    progressToken: extra._meta?.progressToken,
    progress: (progress, total) =>
      extra.sendNotification({
        method: "notifications/progress",
        params: { progressToken: extra._meta?.progressToken, progress, total },
      }),
    log: (data) => extra.sendNotification({ method: "notifications/message", params: { level: "info", data } }),
    changed: (kind) => (kind === "tools" ? made.sendToolListChanged() : made.sendPromptListChanged()),
    async ask(requests) {
      const answers = {};
      for (const [key, request] of Object.entries(requests)) answers[key] = await extra.sendRequest(request, RESULTS[request.method]);
      return answers;
    },
  });
  const on = (schema, answer) =>
    made.setRequestHandler(schema, async (request, extra) => {
      try {
        return await answer(request.params ?? {}, during(extra));
      } catch (error) {
        throw error instanceof Unknown && error.uri ? Object.assign(error, { code: -32002 }) : error;
      }
    });
  on(ListToolsRequestSchema, () => lists["tools/list"]);
  on(CallToolRequestSchema, call);
  on(ListResourcesRequestSchema, () => lists["resources/list"]);
  on(ListResourceTemplatesRequestSchema, () => lists["resources/templates/list"]);
  on(ReadResourceRequestSchema, read);
  on(ListPromptsRequestSchema, () => lists["prompts/list"]);
  on(GetPromptRequestSchema, prompt);
  on(CompleteRequestSchema, () => completion);
  on(SetLevelRequestSchema, () => ({}));
  on(SubscribeRequestSchema, () => ({}));
  on(UnsubscribeRequestSchema, () => ({}));
  return made;
}

const sessions = new Map();

async function answer(request, response) {
  const known = sessions.get(request.headers["mcp-session-id"]);
  if (known) return known.handleRequest(request, response);
  if (request.headers["mcp-session-id"]) {
    response.writeHead(404).end();
    return undefined;
  }
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
    onsessionclosed: (id) => sessions.delete(id),
    enableDnsRebindingProtection: true,
    allowedHosts: [request.socket.localPort].flatMap((port) => [`127.0.0.1:${port}`, `localhost:${port}`]),
  });
  await server().connect(transport);
  return transport.handleRequest(request, response);
}

const listener = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
});
listener.listen(0, "127.0.0.1", () => console.log(`listening on ${listener.address().port}`));

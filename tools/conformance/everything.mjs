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
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

// One red pixel, and a silent sound.
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

const text = (words) => ({ type: "text", text: words });
const image = { type: "image", data: PNG, mimeType: "image/png" };
const embedded = (uri, words) => ({ type: "resource", resource: { uri, mimeType: "text/plain", text: words } });

const nothing = { type: "object", properties: {} };
const strings = (...names) => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
  required: names,
});

/** Asks the client's user; the answer is told as text. */
async function ask(extra, message, requestedSchema) {
  const params = { mode: "form", message, requestedSchema };
  const answer = await extra.sendRequest({ method: "elicitation/create", params }, ElicitResultSchema);
  return { content: [text(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`)] };
}

const choices = [
  ["value1", "First Option"],
  ["value2", "Second Option"],
  ["value3", "Third Option"],
].map(([value, title]) => ({ const: value, title }));

const TOOLS = {
  test_simple_text: [nothing, () => ({ content: [text("This is a simple text response for testing.")] })],
  test_image_content: [nothing, () => ({ content: [image] })],
  test_audio_content: [nothing, () => ({ content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }] })],
  test_embedded_resource: [nothing, () => ({ content: [embedded("test://embedded-resource", "This is an embedded resource content.")] })],
  test_multiple_content_types: [
    nothing,
    () => ({ content: [text("Multiple content types test:"), image, embedded("test://mixed-content-resource", '{"test":"data","value":123}')] }),
  ],
  test_error_handling: [nothing, () => ({ content: [text("This tool intentionally returns an error for testing")], isError: true })],
  test_tool_with_logging: [
    nothing,
    async (_, extra) => {
      for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
        await extra.sendNotification({ method: "notifications/message", params: { level: "info", data } });
      }
      return { content: [text("Tool with logging executed successfully")] };
    },
  ],
  test_tool_with_progress: [
    nothing,
    async (_, extra) => {
      const progressToken = extra._meta?.progressToken;
      for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
        await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
      }
      return { content: [text(String(progressToken))] };
    },
  ],
  test_sampling: [
    strings("prompt"),
    async ({ prompt }, extra) => {
      const params = { messages: [{ role: "user", content: text(prompt) }], maxTokens: 100 };
      const answer = await extra.sendRequest({ method: "sampling/createMessage", params }, CreateMessageResultSchema);
      return { content: [text(`LLM response: ${answer.content.text ?? JSON.stringify(answer.content)}`)] };
    },
  ],
  test_elicitation: [
    strings("message"),
    ({ message }, extra) =>
      ask(extra, message, {
        type: "object",
        properties: {
          username: { type: "string", description: "User's response" },
          email: { type: "string", description: "User's email address" },
        },
        required: ["username", "email"],
      }),
  ],
  test_elicitation_sep1034_defaults: [
    nothing,
    (_, extra) =>
      ask(extra, "Please review and update the form fields with defaults", {
        type: "object",
        properties: {
          name: { type: "string", description: "User name", default: "John Doe" },
          age: { type: "integer", description: "User age", default: 30 },
          score: { type: "number", description: "User score", default: 95.5 },
          status: { type: "string", description: "User status", enum: ["active", "inactive", "pending"], default: "active" },
          verified: { type: "boolean", description: "Verification status", default: true },
        },
        required: [],
      }),
  ],
  test_elicitation_sep1330_enums: [
    nothing,
    (_, extra) =>
      ask(extra, "Please select options from the enum fields", {
        type: "object",
        properties: {
          untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
          titledSingle: { type: "string", oneOf: choices },
          legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
          untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
          titledMulti: { type: "array", items: { anyOf: choices } },
        },
        required: [],
      }),
  ],
  json_schema_2020_12_tool: [
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: { address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
      properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
      additionalProperties: false,
    },
    () => ({ content: [text("done")] }),
  ],
};

const PROMPTS = {
  test_simple_prompt: [[], () => [text("This is a simple prompt for testing.")]],
  test_prompt_with_arguments: [
    ["arg1", "arg2"],
    ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  ],
  test_prompt_with_embedded_resource: [
    ["resourceUri"],
    ({ resourceUri }) => [embedded(resourceUri, "Embedded resource content for testing."), text("Please process the embedded resource above.")],
  ],
  test_prompt_with_image: [[], () => [image, text("Please analyze the image above.")]],
};

function server() {
  const capabilities = { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} };
  const made = new Server({ name: "everything-for-conformance", version: "1.0.0" }, { capabilities });
  const on = (schema, answer) => made.setRequestHandler(schema, (request, extra) => answer(request.params ?? {}, extra));
  on(ListToolsRequestSchema, () => ({
    tools: Object.entries(TOOLS).map(([name, [inputSchema]]) => ({ name, description: `Conformance: ${name}`, inputSchema })),
  }));
  on(CallToolRequestSchema, ({ name, arguments: given }, extra) => {
    if (!TOOLS[name]) throw new Error(`unknown tool ${name}`);
    return TOOLS[name][1](given ?? {}, extra);
  });
  on(ListResourcesRequestSchema, () => ({
    resources: [
      { uri: "test://static-text", name: "Static text", mimeType: "text/plain", description: "A static text resource" },
      { uri: "test://static-binary", name: "Static binary", mimeType: "image/png", description: "A static image" },
      { uri: "test://watched-resource", name: "Watched", mimeType: "text/plain", description: "One to subscribe to" },
    ],
  }));
  on(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [{ uriTemplate: "test://template/{id}/data", name: "Template", mimeType: "application/json" }],
  }));
  on(ReadResourceRequestSchema, ({ uri }) => {
    const id = uri.match(/^test:\/\/template\/([^/]+)\/data$/)?.[1];
    const contents = {
      "test://static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
      "test://static-binary": { mimeType: "image/png", blob: PNG },
      "test://watched-resource": { mimeType: "text/plain", text: "Watched resource content" },
    };
    const template = { mimeType: "application/json", text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) };
    const content = contents[uri] ?? (id && template);
    if (!content) throw Object.assign(new Error(`Resource not found: ${uri}`), { code: -32002 });
    return { contents: [{ uri, ...content }] };
  });
  on(ListPromptsRequestSchema, () => ({
    prompts: Object.entries(PROMPTS).map(([name, [names]]) => ({
      name,
      description: `Conformance: ${name}`,
      arguments: names.map((argument) => ({ name: argument, description: argument, required: true })),
    })),
  }));
  on(GetPromptRequestSchema, ({ name, arguments: given }) => {
    if (!PROMPTS[name]) throw new Error(`unknown prompt ${name}`);
    return { messages: PROMPTS[name][1](given ?? {}).map((content) => ({ role: "user", content })) };
  });
  on(CompleteRequestSchema, () => ({ completion: { values: ["paris", "park", "party"], total: 3, hasMore: false } }));
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

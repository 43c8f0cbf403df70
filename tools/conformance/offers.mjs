// What both servers of the conformance suite offer: tools, prompts and resources as it asks for them,
// of all revisions. How a tool asks its client's user depends on the era, and is the server's own.

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

/** A form for the client's user. */
const form = (message, requestedSchema) => ({ method: "elicitation/create", params: { mode: "form", message, requestedSchema } });
const sampling = (words, maxTokens) => ({
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: text(words) }], maxTokens },
});
const roots = { method: "roots/list", params: {} };
const one = (name, type) => ({ type: "object", properties: { [name]: { type } }, required: [name] });
const said = (words) => ({ content: [text(words)] });

/** Asks the client's user; the answer is told as text. */
async function ask(on, message, requestedSchema) {
  const { user } = await on.ask({ user: form(message, requestedSchema) });
  return said(`Elicitation completed: action=${user.action}, content=${JSON.stringify(user.content ?? {})}`);
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
    async (_, on) => {
      for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) await on.log(data);
      return said("Tool with logging executed successfully");
    },
  ],
  test_tool_with_progress: [
    nothing,
    async (_, on) => {
      for (const progress of on.progressToken === undefined ? [] : [0, 50, 100]) await on.progress(progress, 100);
      return said(String(on.progressToken));
    },
  ],
  test_sampling: [
    strings("prompt"),
    async ({ prompt }, on) => {
      const { model } = await on.ask({ model: sampling(prompt, 100) });
      return said(`LLM response: ${model.content.text ?? JSON.stringify(model.content)}`);
    },
  ],
  test_elicitation: [
    strings("message"),
    ({ message }, on) =>
      ask(on, message, {
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
    (_, on) =>
      ask(on, "Please review and update the form fields with defaults", {
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
    (_, on) =>
      ask(on, "Please select options from the enum fields", {
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
      $defs: { address: { $anchor: "addressDef", type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
      properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
      allOf: [{ anyOf: [{ required: ["name"] }, { required: ["address"] }] }],
      anyOf: [{ required: ["name"] }, { required: ["address"] }],
      if: { required: ["address"] },
      then: { required: ["name"] },
      else: { properties: { name: { minLength: 1 } } },
      additionalProperties: false,
    },
    () => said("done"),
  ],
  test_missing_capability: [
    nothing,
    async (_, on) => {
      const { model } = await on.ask({ model: sampling("Is anybody there?", 10) }, { sampling: {} });
      return said(JSON.stringify(model));
    },
  ],
  test_streaming_elicitation: [
    nothing,
    async (_, on) => {
      const { user } = await on.ask({ user: form("Who?", one("name", "string")) });
      return said(user.action);
    },
  ],
  test_logging_tool: [
    nothing,
    async (_, on) => {
      await on.log("a word that nobody asked for");
      return said("logged");
    },
  ],
  test_trigger_tool_change: [
    nothing,
    async (_, on) => {
      await on.changed("tools");
      return said("told");
    },
  ],
  test_trigger_prompt_change: [
    nothing,
    async (_, on) => {
      await on.changed("prompts");
      return said("told");
    },
  ],
  test_input_required_result_elicitation: [
    nothing,
    async (_, on) => {
      const { user_name: name } = await on.ask({ user_name: form("What is your name?", one("name", "string")) });
      return said(`Hello, ${name.content?.name}!`);
    },
  ],
  test_input_required_result_sampling: [
    nothing,
    async (_, on) => {
      const asked = await on.ask({ capital_question: sampling("What is the capital of France?", 100) });
      return said(asked.capital_question.content?.text ?? "nothing");
    },
  ],
  test_input_required_result_list_roots: [
    nothing,
    async (_, on) => {
      const asked = await on.ask({ client_roots: roots });
      return said(JSON.stringify(asked.client_roots.roots));
    },
  ],
  test_input_required_result_request_state: [
    nothing,
    async (_, on) => {
      await on.ask({ confirm: form("Please confirm", one("ok", "boolean")) });
      return said("state-ok");
    },
  ],
  test_input_required_result_multiple_inputs: [
    nothing,
    async (_, on) => {
      const asked = await on.ask({
        user_name: form("What is your name?", one("name", "string")),
        greeting: sampling("Generate a greeting", 50),
        client_roots: roots,
      });
      return said(JSON.stringify(asked));
    },
  ],
  test_input_required_result_multi_round: [
    nothing,
    async (_, on) => {
      const { step1 } = await on.ask({ step1: form("Step 1: What is your name?", one("name", "string")) });
      const { step2 } = await on.ask({ step2: form("Step 2: What is your favorite color?", one("color", "string")) });
      return said(`${step1.content?.name}: ${step2.content?.color}`);
    },
  ],
  test_input_required_result_tampered_state: [
    nothing,
    async (_, on) => {
      await on.ask({ confirm: form("Please confirm", one("ok", "boolean")) });
      return said("confirmed");
    },
  ],
  test_input_required_result_capabilities: [
    nothing,
    async (_, on) => {
      const all = { elicitation: ["user", form("Who?", one("name", "string"))], sampling: ["model", sampling("Who?", 10)] };
      const asked = Object.entries(all).filter(([capability]) => on.capabilities[capability]);
      return said(JSON.stringify(await on.ask(Object.fromEntries(asked.map(([, question]) => question)))));
    },
  ],
  test_custom_headers: [
    {
      type: "object",
      properties: { region: { type: "string", "x-mcp-header": "Region" }, query: { type: "string" } },
      required: ["region"],
    },
    ({ region }) => said(region),
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
  test_input_required_result_prompt: [
    [],
    async (_, on) => {
      const { user_context: user } = await on.ask({ user_context: form("What context should the prompt use?", one("context", "string")) });
      return [text(`Use ${user.content?.context}`)];
    },
  ],
  test_prompt_with_image: [[], () => [image, text("Please analyze the image above.")]],
};

/** Parameters that name nothing here. */
export class Unknown extends Error {
  constructor(what, name) {
    super(`${what} not found: ${name}`);
    this.uri = what === "Resource" ? name : undefined;
  }
}

export const lists = {
  "tools/list": {
    tools: Object.entries(TOOLS).map(([name, [inputSchema]]) => ({ name, description: `Conformance: ${name}`, inputSchema })),
  },
  "resources/list": {
    resources: [
      { uri: "test://static-text", name: "Static text", mimeType: "text/plain", description: "A static text resource" },
      { uri: "test://static-binary", name: "Static binary", mimeType: "image/png", description: "A static image" },
      { uri: "test://watched-resource", name: "Watched", mimeType: "text/plain", description: "One to subscribe to" },
    ],
  },
  "resources/templates/list": {
    resourceTemplates: [{ uriTemplate: "test://template/{id}/data", name: "Template", mimeType: "application/json" }],
  },
  "prompts/list": {
    prompts: Object.entries(PROMPTS).map(([name, [names]]) => ({
      name,
      description: `Conformance: ${name}`,
      arguments: names.map((argument) => ({ name: argument, description: argument, required: true })),
    })),
  },
};

/** Runs a tool. `on` is what it can do meanwhile: ask, progress, log, changed. */
export function call({ name, arguments: given }, on) {
  if (!TOOLS[name]) throw new Unknown("Tool", name);
  return TOOLS[name][1](given ?? {}, on);
}

export async function prompt({ name, arguments: given }, on) {
  if (!PROMPTS[name]) throw new Unknown("Prompt", name);
  const contents = await PROMPTS[name][1](given ?? {}, on);
  return { messages: contents.map((content) => ({ role: "user", content })) };
}

export function read({ uri }) {
  const id = uri.match(/^test:\/\/template\/([^/]+)\/data$/)?.[1];
  const contents = {
    "test://static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
    "test://static-binary": { mimeType: "image/png", blob: PNG },
    "test://watched-resource": { mimeType: "text/plain", text: "Watched resource content" },
  };
  const template = { mimeType: "application/json", text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) };
  const content = contents[uri] ?? (id && template);
  if (!content) throw new Unknown("Resource", uri);
  return { contents: [{ uri, ...content }] };
}

export const completion = { completion: { values: ["paris", "park", "party"], total: 3, hasMore: false } };

// The Postman collection of the public API, out of docs/openapi/public-api.json.
//
//   node generate.mjs          writes docs/openapi/postman/public-api.json
//   node generate.mjs --check  fails where that is not what would be written
//
// The requests stand in an order in which they work one after the other: what makes something comes
// first, what removes it last. Each has a test that the answer is one that the document names.
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import converter from "openapi-to-postmanv2";

const documents = new URL("../../docs/openapi/", import.meta.url);
const target = new URL("postman/public-api.json", documents);
const text = readFileSync(new URL("public-api.json", documents), "utf8");
const document = JSON.parse(text);

const converted = await promisify(converter.convertV2)(
  { type: "string", data: text },
  {
    folderStrategy: "Tags",
    requestParametersResolution: "Example",
    exampleParametersResolution: "Example",
    parametersResolution: "Example",
    enableOptionalParameters: false,
    keepImplicitHeaders: false,
    includeDeprecated: false,
  },
);
if (!converted.result) throw new Error(converted.reason);
const collection = converted.output[0].data;

/** Of these the collection remembers what the first answer says, for the requests after it. */
const REMEMBERED = {
  ensure_user: ["user_id"],
  submit_registration: ["registration_id"],
  register_server: ["server_id:id"],
  add_link: ["link_id"],
  upload_document: ["document_id"],
};

/** The address and method of each operation. */
const operations = new Map();
for (const [path, item] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    operations.set(`${method} ${path}`, operation);
  }
}

const pathOf = (request) =>
  "/" + request.url.path.map((step) => step.replace(/^:(.*)$/, "{$1}")).filter(Boolean).join("/");

const operationOf = (request) => {
  const name = `${request.method.toLowerCase()} ${pathOf(request)}`;
  const operation = operations.get(name);
  if (!operation) throw new Error(`${name} is in the collection but not in the document`);
  return operation;
};

/** Where a request stands among those of its group. */
const rank = (request) => {
  const inPath = pathOf(request).includes("{");
  return { POST: inPath ? 4 : 0, GET: 1, PUT: 2, PATCH: 3, DELETE: 5 }[request.method];
};

const finish = (item) => {
  const { request } = item;
  const operation = operationOf(request);
  item.name = operation.operationId;
  for (const variable of request.url.variable ?? []) variable.value = `{{${variable.key}}}`;
  // Where the document has no example the converter makes one up, another one each time.
  for (const query of (request.url.query ?? []).filter((query) => query.disabled)) {
    const { example, schema = {} } = operation.parameters.find(({ name }) => name === query.key);
    const told = example ?? schema.default ?? schema.enum?.[0] ?? "";
    query.value = String(told);
  }
  // The collection's own token, where one is asked for.
  if (operation.security) delete request.auth;
  else request.auth = { type: "noauth" };
  for (const header of request.header ?? []) {
    const told = operation.parameters?.find(({ name }) => name === header.key);
    if (!told) continue;
    header.disabled = true;
    header.value = told.example ?? "";
  }
  const statuses = Object.keys(operation.responses).map(Number);
  const script = [
    `pm.test(${JSON.stringify(`${operation.operationId}: a status that the document names`)}, () => {`,
    `  pm.expect(pm.response.code).to.be.oneOf(${JSON.stringify(statuses)});`,
    "  pm.expect(pm.response.code).to.be.below(500);",
    "});",
  ];
  for (const names of REMEMBERED[operation.operationId] ?? []) {
    const [variable, member = variable] = names.split(":");
    script.push(
      `if (pm.response.code < 300) pm.collectionVariables.set("${variable}", pm.response.json().${member});`,
    );
  }
  item.event = [{ listen: "test", script: { type: "text/javascript", exec: script } }];
  // Saved answers would triple the file; the document has them.
  item.response = [];
};

/** Streams that do not end by themselves, and WebSockets, are nothing that a runner waits for. */
const isEndless = (item) => {
  const { responses } = operationOf(item.request);
  return "101" in responses || "text/event-stream" in (responses[200]?.content ?? {}) &&
    item.request.method === "GET";
};

/** Finishes requests and puts them in order, folder by folder. */
const walk = (items) => {
  const kept = items.filter((item) => item.item || !isEndless(item));
  items.splice(0, items.length, ...kept);
  for (const item of items) {
    if (item.item) walk(item.item);
    else finish(item);
  }
  items.sort((one, other) =>
    one.request && other.request ? rank(one.request) - rank(other.request) : 0,
  );
};
walk(collection.item);

/** Ids are new at each conversion: without them the file changes only where the document does. */
const withoutIds = (value) => {
  if (Array.isArray(value)) value.forEach(withoutIds);
  else if (value && typeof value === "object") {
    delete value.id;
    Object.values(value).forEach(withoutIds);
  }
};
withoutIds(collection);
collection.info._postman_id = "6d637020-7265-4769-8374-727920617069";
collection.auth = {
  type: "bearer",
  bearer: [{ key: "token", value: "{{token}}", type: "string" }],
};
const variables = new Map((collection.variable ?? []).map((one) => [one.key, one.value]));
variables.set("baseUrl", "http://localhost:8000").set("token", "");
const nobody = "00000000-0000-4000-8000-000000000001";
for (const names of Object.values(REMEMBERED).flat()) variables.set(names.split(":")[0], nobody);
collection.variable = [...variables].map(([key, value]) => ({ key, value, type: "string" }));

const made = JSON.stringify(collection, null, 2) + "\n";
if (process.argv.includes("--check")) {
  const committed = readFileSync(target, "utf8");
  if (committed !== made) {
    const [then, now] = [committed.split("\n"), made.split("\n")];
    const at = now.findIndex((line, index) => line !== then[index]);
    console.error(`docs/openapi/postman/public-api.json is not what the document makes: run \`make openapi\`.`);
    console.error(`line ${at + 1}, committed: ${then[at]}\nline ${at + 1}, made:      ${now[at]}`);
    process.exit(1);
  }
} else {
  writeFileSync(target, made);
}

// A server that offers what the conformance suite asks for, of the revision without a handshake
// (official SDK): it knows no client and keeps nothing between two requests.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { Readable } from "node:stream";

import {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  Server,
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from "@modelcontextprotocol/server";

import { Unknown, call, completion, lists, prompt, read } from "./offers.mjs";

const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
const INVALID_PARAMS = -32602;
const secret = randomBytes(32);

const mac = (body) => createHmac("sha256", secret).update(body).digest();

/** The answers of earlier rounds, as the client carries them: nobody else can have made them. */
function seal(answers) {
  const body = Buffer.from(JSON.stringify(answers)).toString("base64url");
  return `${body}.${mac(body).toString("base64url")}`;
}

function unseal(state) {
  if (state === undefined) return {};
  const [body, shown = ""] = state.split(".");
  const [expected, given] = [mac(body), Buffer.from(shown, "base64url")];
  const whole = given.toString("base64url") === shown && given.length === expected.length;
  if (!whole || !timingSafeEqual(given, expected)) throw new ProtocolError(INVALID_PARAMS, "requestState is not ours");
  return JSON.parse(Buffer.from(body, "base64url"));
}

/** Thrown through a tool that has to ask: its client answers, and calls it again. */
class Asks {
  constructor(inputRequests, requestState) {
    this.result = { resultType: "input_required", inputRequests, requestState };
  }
}

let changed = () => {};

/** What a tool can do while it runs. */
function during({ mcpReq }) {
  const capabilities = mcpReq.envelope?.[CAPABILITIES] ?? {};
  const kept = unseal(mcpReq.requestState());
  const given = mcpReq.inputResponses ?? {};
  const progressToken = mcpReq._meta?.progressToken;
  return {
    capabilities,
    progressToken,
    progress: (progress, total) => mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total } }),
    log: (data) => mcpReq.log("info", data),
    changed: (kind) => changed(kind),
    async ask(requests, requiredCapabilities = {}) {
      const missing = Object.keys(requiredCapabilities).filter((name) => !capabilities[name]);
      if (missing.length > 0) throw new MissingRequiredClientCapabilityError({ requiredCapabilities });
      const answers = { ...kept, ...given };
      const known = Object.keys(requests).filter((key) => typeof answers[key] === "object" && answers[key] !== null);
      if (known.length < Object.keys(requests).length) throw new Asks(requests, seal(kept));
      for (const key of known) kept[key] = answers[key];
      return Object.fromEntries(known.map((key) => [key, answers[key]]));
    },
  };
}

function server() {
  const capabilities = {
    tools: { listChanged: true },
    resources: { subscribe: true },
    prompts: { listChanged: true },
    completions: {},
    logging: {},
  };
  const made = new Server({ name: "everything-for-conformance", version: "1.0.0" }, { capabilities });
  const on = (method, answer) =>
    made.setRequestHandler(method, async (request, context) => {
      try {
        return await answer(request.params ?? {}, context);
      } catch (error) {
        if (error instanceof Asks) return error.result;
        if (error instanceof Unknown) throw new ProtocolError(INVALID_PARAMS, error.message, error.uri && { uri: error.uri });
        throw error;
      }
    });
  for (const [method, list] of Object.entries(lists)) on(method, () => list);
  on("tools/call", (params, context) => call(params, during(context)));
  on("prompts/get", (params, context) => prompt(params, during(context)));
  on("resources/read", read);
  on("completion/complete", () => completion);
  return made;
}

const handler = createMcpHandler(server, { legacy: "reject" });
changed = (kind) => (kind === "tools" ? handler.notify.toolsChanged() : handler.notify.promptsChanged());

async function answer(request, response) {
  const body = request.method === "GET" || request.method === "HEAD" ? undefined : Readable.toWeb(request);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const asked = new Request(`http://${request.headers.host}${request.url}`, {
    method: request.method,
    headers: request.headers,
    body,
    duplex: "half",
    signal: gone.signal,
  });
  const refused =
    hostHeaderValidationResponse(asked, localhostAllowedHostnames()) ?? originValidationResponse(asked, localhostAllowedOrigins());
  const answered = refused ?? (await handler.fetch(asked));
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  if (!answered.body) return response.end();
  for await (const part of answered.body) response.write(part);
  return response.end();
}

const listener = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (!response.destroyed) console.error(error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
});
listener.listen(0, "127.0.0.1", () => console.log(`listening on ${listener.address().port}`));

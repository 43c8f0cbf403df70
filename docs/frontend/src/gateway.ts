// The MCP endpoints, port 8001, as far as a page needs them: which tools there are, and to call
// one. It speaks revision 2026-07-28, which has no handshake. An application that does more takes
// the official SDK (@modelcontextprotocol/sdk).

import axios from "axios";
import { ApiError, UnexpectedAnswer, understood } from "./errors.js";
import type { TokenSource } from "./registry.js";
import { rpcSchema, toolSchema, type Tool } from "./schemas.js";

const REVISION = "2026-07-28";

export class GatewayClient {
  #nextId = 1;

  constructor(
    private readonly baseURL: string,
    private readonly token: TokenSource,
  ) {}

  /** The tools of all approved servers, or of one (`/servers/{alias}/mcp`). */
  async listTools(alias?: string): Promise<Tool[]> {
    const tools: Tool[] = [];
    let cursor: string | undefined;
    do {
      const result = await this.#ask("tools/list", cursor === undefined ? {} : { cursor }, alias);
      tools.push(...toolSchema.array().parse(result["tools"]));
      cursor = typeof result["nextCursor"] === "string" ? result["nextCursor"] : undefined;
    } while (cursor !== undefined);
    return tools;
  }

  callTool(name: string, args: object, alias?: string): Promise<Record<string, unknown>> {
    return this.#ask("tools/call", { name, arguments: args }, alias);
  }

  async #ask(method: string, params: Record<string, unknown>, alias?: string) {
    const path = alias === undefined ? "/mcp" : `/servers/${encodeURIComponent(alias)}/mcp`;
    const bearer = await this.token();
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": REVISION,
      "io.modelcontextprotocol/clientCapabilities": {},
      "io.modelcontextprotocol/clientInfo": { name: "mcp-registry-frontend-kit", version: "0.1.0" },
    };
    const name = params["name"];
    const body = { jsonrpc: "2.0", id: this.#nextId++, method, params: { ...params, _meta } };
    const headers = {
      Accept: "application/json, text/event-stream",
      "MCP-Protocol-Version": REVISION,
      "Mcp-Method": method,
      ...(typeof name === "string" ? { "Mcp-Name": name } : {}),
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    };
    const answer = await axios
      .post<unknown>(this.baseURL + path, body, { headers, timeout: 120_000 })
      .catch((error: unknown) => {
        throw understood(error);
      });
    return result(answer.status, answer.data);
  }
}

/** The result in an answer: the body, or the last message of a stream of events. */
function result(status: number, body: unknown): Record<string, unknown> {
  const message = typeof body === "string" ? lastMessage(body) : body;
  const read = rpcSchema.safeParse(message);
  if (!read.success) throw new UnexpectedAnswer(read.error.message);
  const { error, result } = read.data;
  if (error !== undefined) {
    throw new ApiError(status, `JSON_RPC_${error.code}`, error.message, undefined);
  }
  return result ?? {};
}

function lastMessage(stream: string): unknown {
  const events = stream.replaceAll("\r\n", "\n").split("\n\n");
  const data = events
    .map((event) => event.split("\n").filter((line) => line.startsWith("data:")))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.slice(5).trimStart()).join("\n"));
  const last = data.at(-1);
  if (last === undefined) throw new UnexpectedAnswer("no message in the stream");
  return JSON.parse(last) as unknown;
}

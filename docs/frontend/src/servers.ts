// The management of servers, `/api/v1` of port 8000: whom it is open to, the registry's settings say.

import axios, { type AxiosInstance, type AxiosRequestConfig } from "axios";
import { z } from "zod";
import { UnexpectedAnswer, understood } from "./errors.js";
import type { TokenSource } from "./registry.js";
import * as schemas from "./server-schemas.js";
import type {
  BulkReport,
  Server,
  ServerDraft,
  ServerHealth,
  SystemStats,
  ToolDiscovery,
} from "./server-schemas.js";

export interface ServerFilters {
  tenant_id?: string;
  health_status?: ServerHealth;
  /** A server has to have all of them. */
  tags?: string[];
  name?: string;
  search?: string;
  order?: "asc" | "desc";
  limit?: number;
  offset?: number;
  include_tools?: boolean;
  include_resources?: boolean;
}

export interface ServerPage {
  /** How many there are on all pages. */
  total: number;
  servers: Server[];
}

export class ServersClient {
  readonly #http: AxiosInstance;

  constructor(baseURL: string, token: TokenSource) {
    this.#http = axios.create({
      baseURL,
      timeout: 30_000,
      // `tags=a,b`: what axios makes of a list by itself, `tags[]=a&tags[]=b`, means the same.
      paramsSerializer: { indexes: null },
    });
    this.#http.interceptors.request.use(async (request) => {
      const bearer = await token();
      if (bearer !== undefined) request.headers.set("Authorization", `Bearer ${bearer}`);
      return request;
    });
    this.#http.interceptors.response.use(undefined, (error: unknown) => {
      throw understood(error);
    });
  }

  async list(filters: ServerFilters = {}): Promise<ServerPage> {
    const params = { ...filters, tags: filters.tags?.join(",") };
    const answer = await this.#http.get<unknown>("/api/v1/servers", { params });
    const servers = checked(schemas.serverSchema.array(), "/api/v1/servers", answer.data);
    return { total: Number(answer.headers["x-total-count"]), servers };
  }

  find(id: string, include: Pick<ServerFilters, "include_tools" | "include_resources"> = {}) {
    return this.#ask(schemas.serverSchema, { url: server(id), params: include });
  }

  register(draft: ServerDraft): Promise<Server> {
    return this.#ask(schemas.serverSchema, { method: "POST", url: "/api/v1/servers", data: draft });
  }

  /** Each by itself, in one request: what became of which is in `results`, by its index. */
  registerMany(servers: ServerDraft[]): Promise<BulkReport> {
    const asked = { method: "POST", url: "/api/v1/servers/bulk", data: { servers } };
    return this.#ask(schemas.bulkReportSchema, asked);
  }

  replace(id: string, draft: ServerDraft): Promise<Server> {
    return this.#ask(schemas.serverSchema, { method: "PUT", url: server(id), data: draft });
  }

  /** Takes a server out of rotation, or back into it. */
  order(id: string, health_status: "maintenance" | "unknown"): Promise<Server> {
    const asked = { method: "PATCH", url: server(id), data: { health_status } };
    return this.#ask(schemas.serverSchema, asked);
  }

  async delete(id: string): Promise<void> {
    await this.#http.delete(server(id));
  }

  /** Servers that have all of these tools; `*` stands for any letters. */
  withTools(tools: string[]): Promise<ToolDiscovery> {
    const params = { tools: tools.join(",") };
    return this.#ask(schemas.toolDiscoverySchema, { url: "/api/v1/discovery/tools", params });
  }

  stats(): Promise<SystemStats> {
    return this.#ask(schemas.systemStatsSchema, { url: "/api/v1/admin/stats" });
  }

  async #ask<T extends z.ZodTypeAny>(schema: T, asked: AxiosRequestConfig): Promise<z.infer<T>> {
    const answer = await this.#http.request<unknown>(asked);
    return checked(schema, asked.url ?? "", answer.data);
  }
}

const server = (id: string): string => `/api/v1/servers/${encodeURIComponent(id)}`;

function checked<T extends z.ZodTypeAny>(schema: T, url: string, data: unknown): z.infer<T> {
  const read = schema.safeParse(data);
  if (read.success) return read.data as z.infer<T>;
  throw new UnexpectedAnswer(`${url}: ${read.error.message}`);
}

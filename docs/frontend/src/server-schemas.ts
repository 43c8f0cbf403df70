// What `/api/v1` answers about servers, as zod schemas and the types that follow from them. As in
// schemas.ts, members that a newer server adds are kept.

import { z } from "zod";

const id = z.string().uuid();
const time = z.string().datetime({ offset: true });
const json = z.record(z.unknown());

export const serverHealthSchema = z.enum([
  "healthy",
  "degraded",
  "unhealthy",
  "unknown",
  "maintenance",
]);

export const serverToolSchema = z
  .object({ name: z.string(), description: z.string().nullable(), input_schema: json })
  .passthrough();

export const serverResourceSchema = z
  .object({
    uri_template: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    mime_type: z.string().nullable(),
  })
  .passthrough();

export const serverSchema = z
  .object({
    id,
    name: z.string(),
    alias: z.string(),
    endpoint_url: z.string(),
    transport_type: z.string(),
    version: z.string(),
    description: z.string().nullable(),
    capabilities: json,
    tags: z.array(z.string()),
    health_status: serverHealthSchema,
    last_health_check: time.nullable(),
    tenant_id: z.string().nullable(),
    registration_id: id.nullable(),
    mcp_url: z.string().nullable(),
    created_at: time,
    updated_at: time,
    tools: z.array(serverToolSchema).optional(),
    resources: z.array(serverResourceSchema).optional(),
    discovery: z.string().optional(),
  })
  .passthrough();

export const toolDiscoverySchema = z
  .object({
    tools: z.array(z.string()),
    servers: z.array(
      z
        .object({
          id,
          name: z.string(),
          endpoint_url: z.string(),
          health_status: serverHealthSchema,
          tools: z.array(z.object({ name: z.string(), description: z.string() }).passthrough()),
        })
        .passthrough(),
    ),
  })
  .passthrough();

export const systemStatsSchema = z
  .object({
    total_servers: z.number().int(),
    servers_by_status: z.record(z.number().int()),
    servers_by_transport: z.record(z.number().int()),
  })
  .passthrough();

export const bulkReportSchema = z
  .object({
    total: z.number().int(),
    succeeded: z.number().int(),
    failed: z.number().int(),
    results: z.array(
      z.object({ index: z.number().int(), status: z.number().int() }).passthrough(),
    ),
  })
  .passthrough();

export type ServerHealth = z.infer<typeof serverHealthSchema>;
export type Server = z.infer<typeof serverSchema>;
export type ToolDiscovery = z.infer<typeof toolDiscoverySchema>;
export type SystemStats = z.infer<typeof systemStatsSchema>;
export type BulkReport = z.infer<typeof bulkReportSchema>;

/** What is written about a server. */
export interface ServerDraft {
  name: string;
  endpoint_url: string;
  transport_type?: "http" | "websocket" | "sse";
  version?: string;
  description?: string;
  capabilities?: Record<string, unknown>;
  tags?: string[];
  auto_discover?: boolean;
  alias?: string;
}

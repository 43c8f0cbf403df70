// What the registry answers, as zod schemas; the types follow from them. Members that a newer
// server adds are kept, so that an older page goes on working.

import { z } from "zod";

const id = z.string().uuid();
const time = z.string().datetime({ offset: true });
const json = z.record(z.unknown());

export const userSchema = z
  .object({
    user_id: id,
    entra_id: z.string(),
    email: z.string(),
    display_name: z.string().nullable(),
    is_admin: z.boolean(),
    created_at: time,
    updated_at: time,
  })
  .passthrough();

export const statusSchema = z.enum(["Pending", "Approved", "Rejected"]);

export const registrationSchema = z
  .object({
    registration_id: id,
    endpoint_url: z.string(),
    endpoint_name: z.string(),
    description: z.string().nullable(),
    owner_contact: z.string(),
    available_tools: z.array(z.object({ name: z.string() }).passthrough()),
    status: statusSchema,
    submitter_id: id,
    approver_id: id.nullable(),
    submitted_at: time,
    approved_at: time.nullable(),
    created_at: time,
    updated_at: time,
    server_id: id.nullable(),
    reason: z.string().nullable(),
    alias: z.string().nullable(),
    mcp_url: z.string().nullable(),
    discovery: z.object({ state: z.enum(["pending", "complete", "failed"]) }).passthrough(),
    manifest_digest: z.string().nullable(),
    reviewed: z.boolean().nullable(),
    standing: json.nullable(),
  })
  .passthrough();

export const documentSchema = z
  .object({
    document_id: id,
    registration_id: id,
    filename: z.string(),
    content_type: z.string(),
    size_bytes: z.number().int(),
    sha256: z.string().length(64),
    title: z.string().nullable(),
    tool_name: z.string().nullable(),
    uploaded_by: id,
    created_at: time,
  })
  .passthrough();

export const linkSchema = z
  .object({
    link_id: id,
    registration_id: id,
    rel: z.enum(["documentation", "source", "issues", "homepage", "other"]),
    url: z.string().url(),
    title: z.string().nullable(),
    added_by: id,
    created_at: time,
  })
  .passthrough();

export const auditLogSchema = z
  .object({
    log_id: id,
    registration_id: id,
    user_id: id,
    user_email: z.string(),
    user_display_name: z.string().nullable(),
    action: z.enum(["Created", "Approved", "Rejected", "Updated", "Deleted"]),
    previous_status: statusSchema.nullable(),
    new_status: statusSchema.nullable(),
    metadata: json,
    timestamp: time,
  })
  .passthrough();

const component = z.object({ status: z.string() }).passthrough();

export const healthSchema = z
  .object({
    status: z.enum(["healthy", "degraded", "unhealthy"]),
    timestamp: time,
    version: z.string(),
    components: z
      .object({ database: component, registry: component, router: component })
      .passthrough(),
  })
  .passthrough();

/** A page of a list. */
export const pageOf = <T extends z.ZodTypeAny>(row: T) =>
  z.object({
    total: z.number().int(),
    limit: z.number().int(),
    offset: z.number().int(),
    results: z.array(row),
  });

export const problemSchema = z
  .object({
    status: z.number().int(),
    title: z.string(),
    detail: z.string(),
    error: z.string(),
    message: z.string(),
    details: json.nullable(),
    errors: z
      .array(
        z.object({
          loc: z.array(z.union([z.string(), z.number()])),
          msg: z.string(),
          type: z.string(),
        }),
      )
      .optional(),
    request_id: z.string(),
    timestamp: z.string(),
  })
  .passthrough();

/** A JSON-RPC response of an MCP endpoint. */
export const rpcSchema = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.number(), z.null()]),
  result: json.optional(),
  error: z
    .object({ code: z.number(), message: z.string(), data: z.unknown().optional() })
    .optional(),
});

export const toolSchema = z.object({ name: z.string(), inputSchema: json }).passthrough();

export type User = z.infer<typeof userSchema>;
export type Registration = z.infer<typeof registrationSchema>;
export type RegistrationStatus = z.infer<typeof statusSchema>;
export type RegistryDocument = z.infer<typeof documentSchema>;
export type Link = z.infer<typeof linkSchema>;
export type AuditLog = z.infer<typeof auditLogSchema>;
export type Health = z.infer<typeof healthSchema>;
export type Tool = z.infer<typeof toolSchema>;
export type Problem = z.infer<typeof problemSchema>;
export interface Page<T> {
  total: number;
  limit: number;
  offset: number;
  results: T[];
}

/** What a submitter sends. */
export interface RegistrationDraft {
  endpoint_url: string;
  endpoint_name: string;
  owner_contact: string;
  description?: string | null;
  available_tools?: { name: string; description?: string; version?: string }[];
  alias?: string;
}

// Takes over what the old frontend kept in the browser (IndexedDB `MCPRegistryDB`, store
// `endpoints`), from a dump of it: an array of rows. Dry by default, and good to run again: what is
// registered already is left alone. Decisions are not taken over: administrators decide anew.

import { z } from "zod";
import { ApiError } from "./errors.js";
import type { RegistryClient } from "./registry.js";
import type { RegistrationDraft } from "./schemas.js";

const rowSchema = z
  .object({
    name: z.string().trim().min(3, "name has to have 3 characters or more").max(200),
    url: z.string().trim().url().max(2048),
    description: z.string().max(1000).nullish(),
    owner: z.string().trim().min(1).max(255),
    tools: z
      .array(z.union([z.string(), z.object({ name: z.string() }).passthrough()]))
      .max(1000)
      .nullish(),
  })
  .passthrough();

export interface Imported {
  row: number;
  url: string | undefined;
  outcome: "would be submitted" | "submitted" | "there already" | "refused";
  why?: string;
}

/** Makes a draft of a row, or says what is wrong with it. */
export function draftOf(row: unknown): { draft: RegistrationDraft } | { why: string } {
  const read = rowSchema.safeParse(row);
  if (!read.success) {
    const [first] = read.error.issues;
    return { why: `${first?.path.join(".") ?? ""}: ${first?.message ?? "is wrong"}` };
  }
  const { name, url, description, owner, tools } = read.data;
  const named = (tools ?? []).map((tool) => (typeof tool === "string" ? { name: tool } : tool));
  return {
    draft: {
      endpoint_url: url,
      endpoint_name: name,
      owner_contact: owner,
      description: description ?? null,
      available_tools: named,
    },
  };
}

/** Imports a dump. Without `write` nothing is submitted; what is there already is asked all the same. */
export async function importDump(
  client: RegistryClient,
  dump: unknown,
  options: { write: boolean },
): Promise<Imported[]> {
  const told: Imported[] = [];
  for (const [row, content] of z.array(z.unknown()).parse(dump).entries()) {
    const read = draftOf(content);
    if ("why" in read) {
      told.push({ row, url: undefined, outcome: "refused", why: read.why });
      continue;
    }
    const url = read.draft.endpoint_url;
    told.push({ row, url, ...(await one(client, read.draft, options.write)) });
  }
  return told;
}

async function one(
  client: RegistryClient,
  draft: RegistrationDraft,
  write: boolean,
): Promise<Pick<Imported, "outcome" | "why">> {
  try {
    if (write) {
      await client.submit(draft);
      return { outcome: "submitted" };
    }
    await client.findByUrl(draft.endpoint_url);
    return { outcome: "there already" };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "ENDPOINT_URL_CONFLICT") return { outcome: "there already" };
    if (error.code === "REGISTRATION_NOT_FOUND") return { outcome: "would be submitted" };
    if (error.status === 422) return { outcome: "refused", why: error.message };
    throw error;
  }
}

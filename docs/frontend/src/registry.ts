// The registry's API, port 8000. Every answer is checked by its schema before it is used.

import axios, { type AxiosInstance, type AxiosRequestConfig } from "axios";
import { z } from "zod";
import { UnexpectedAnswer, understood } from "./errors.js";
import * as schemas from "./schemas.js";
import type {
  AuditLog,
  Health,
  Link,
  Page,
  Registration,
  RegistrationDraft,
  RegistrationStatus,
  RegistryDocument,
  User,
} from "./schemas.js";

/** Gives a bearer token; asked anew for each request, as tokens end. */
export type TokenSource = () => Promise<string | undefined>;

export interface ListOptions {
  status?: RegistrationStatus;
  search?: string;
  limit?: number;
  offset?: number;
}

export class RegistryClient {
  readonly #http: AxiosInstance;

  constructor(baseURL: string, token: TokenSource) {
    this.#http = axios.create({ baseURL, timeout: 30_000 });
    this.#http.interceptors.request.use(async (request) => {
      const bearer = await token();
      if (bearer !== undefined) request.headers.set("Authorization", `Bearer ${bearer}`);
      return request;
    });
    this.#http.interceptors.response.use(undefined, (error: unknown) => {
      throw understood(error);
    });
  }

  health(): Promise<Health> {
    return this.#ask(schemas.healthSchema, { url: "/health" });
  }

  me(): Promise<User> {
    return this.#ask(schemas.userSchema, { url: "/users/me" });
  }

  list(options: ListOptions = {}): Promise<Page<Registration>> {
    const page = schemas.pageOf(schemas.registrationSchema);
    return this.#ask(page, { url: "/registrations", params: options });
  }

  listMy(options: ListOptions = {}): Promise<Page<Registration>> {
    const page = schemas.pageOf(schemas.registrationSchema);
    return this.#ask(page, { url: "/registrations/my", params: options });
  }

  find(id: string): Promise<Registration> {
    return this.#ask(schemas.registrationSchema, { url: registration(id) });
  }

  findByUrl(endpoint_url: string): Promise<Registration> {
    const url = "/registrations/by-url";
    return this.#ask(schemas.registrationSchema, { url, params: { endpoint_url } });
  }

  submit(draft: RegistrationDraft): Promise<Registration> {
    const asked = { method: "POST", url: "/registrations", data: draft };
    return this.#ask(schemas.registrationSchema, asked);
  }

  edit(id: string, draft: RegistrationDraft): Promise<Registration> {
    const asked = { method: "PUT", url: registration(id), data: draft };
    return this.#ask(schemas.registrationSchema, asked);
  }

  /** Approves or rejects; for administrators. */
  decide(id: string, status: "Approved" | "Rejected", reason?: string): Promise<Registration> {
    const asked = { method: "PATCH", url: `${registration(id)}/status`, data: { status, reason } };
    return this.#ask(schemas.registrationSchema, asked);
  }

  async delete(id: string): Promise<void> {
    await this.#http.request({ method: "DELETE", url: registration(id) });
  }

  auditLog(options: Record<string, string | number> = {}): Promise<Page<AuditLog>> {
    const page = schemas.pageOf(schemas.auditLogSchema);
    return this.#ask(page, { url: "/audit-logs", params: options });
  }

  documents(id: string): Promise<Page<RegistryDocument>> {
    const page = schemas.pageOf(schemas.documentSchema);
    return this.#ask(page, { url: `${registration(id)}/documents` });
  }

  upload(id: string, file: Blob, filename: string, title?: string): Promise<RegistryDocument> {
    const data = new FormData();
    data.append("file", file, filename);
    if (title !== undefined) data.append("title", title);
    const asked = { method: "POST", url: `${registration(id)}/documents`, data };
    return this.#ask(schemas.documentSchema, asked);
  }

  async download(id: string, documentId: string): Promise<ArrayBuffer> {
    const url = `${registration(id)}/documents/${encodeURIComponent(documentId)}`;
    const answer = await this.#http.get<ArrayBuffer>(url, { responseType: "arraybuffer" });
    return answer.data;
  }

  links(id: string): Promise<Page<Link>> {
    const page = schemas.pageOf(schemas.linkSchema);
    return this.#ask(page, { url: `${registration(id)}/links` });
  }

  addLink(id: string, link: Pick<Link, "rel" | "url"> & { title?: string }): Promise<Link> {
    const asked = { method: "POST", url: `${registration(id)}/links`, data: link };
    return this.#ask(schemas.linkSchema, asked);
  }

  async #ask<T extends z.ZodTypeAny>(schema: T, asked: AxiosRequestConfig): Promise<z.infer<T>> {
    const answer = await this.#http.request<unknown>(asked);
    const read = schema.safeParse(answer.data);
    if (read.success) return read.data as z.infer<T>;
    throw new UnexpectedAnswer(`${asked.url ?? ""}: ${read.error.message}`);
  }
}

const registration = (id: string): string => `/registrations/${encodeURIComponent(id)}`;

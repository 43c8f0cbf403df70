// What went wrong, as a type to act on: `code` and `details` are for the program, `message` is for
// the person, `requestId` is for whoever reads the server's log.

import axios from "axios";
import { problemSchema, type Problem } from "./schemas.js";

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | undefined,
    readonly details: Record<string, unknown> | null = null,
    readonly fields: Problem["errors"] = undefined,
    /** After how many seconds to try again, where the server says so. */
    readonly retryAfter: number | undefined = undefined,
  ) {
    super(message);
  }

  /** Messages by field, as form libraries take them: `body.available_tools.0.name` → message. */
  fieldMessages(): Record<string, string> {
    const named = (this.fields ?? []).map((field) => [field.loc.slice(1).join("."), field.msg]);
    return Object.fromEntries(named) as Record<string, string>;
  }
}

/** No answer came: the server is away, or the network is. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

/** An answer came that is not what this client knows. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
}

/** Makes one of these errors of what axios throws. */
export function understood(error: unknown): Error {
  if (!axios.isAxiosError(error)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const response = error.response;
  if (response === undefined) {
    return new NetworkError(error.message, { cause: error });
  }
  const retryAfter = Number(response.headers["retry-after"]);
  const body: unknown = typeof response.data === "string" ? parsed(response.data) : response.data;
  const problem = problemSchema.safeParse(body);
  if (!problem.success) {
    return new ApiError(response.status, "UNKNOWN", error.message, undefined);
  }
  const { error: code, message, request_id, details, errors } = problem.data;
  const later = Number.isFinite(retryAfter) ? retryAfter : undefined;
  return new ApiError(response.status, code, message, request_id, details, errors, later);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

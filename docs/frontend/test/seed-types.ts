// The interfaces of the integration plan, letter by letter, and that the kit's types are of their
// shape: this file is a test by compiling under `tsc --strict`.
//
// Where the plan's interface is complete, each type can stand for the other; where it leaves out
// what answers have besides (an id, times), ours can stand for the plan's.

import type { Health, Server, ServerDraft, SystemStats, ToolDiscovery } from "../src/index.js";
import type { readConfig } from "../src/index.js";

export interface HealthResponse {
  status: "healthy" | "degraded" | "unhealthy";
  timestamp: string;
  version: string;
  components: {
    database: { status: string };
    registry: { status: string };
    router: { status: string };
  };
}

interface PlannedStats {
  total_servers: number;
  servers_by_status: Record<string, number>;
  servers_by_transport: Record<string, number>;
}

export interface ServerRegistrationRequest {
  name: string; // Unique within tenant
  endpoint_url: string; // HTTP/WebSocket URL
  transport_type: "http" | "websocket"; // Transport protocol
  version: string; // Default: "1.0.0"
  description?: string; // Optional description
  capabilities?: Record<string, any>; // Server capabilities
  tags?: string[]; // Search/filter tags
  auto_discover: boolean; // Auto-discover capabilities
}

interface DiscoveryResponse {
  tools: string[];
  servers: Array<{
    id: string;
    name: string;
    endpoint_url: string;
    health_status: string;
    tools: Array<{
      name: string;
      description: string;
    }>;
  }>;
}

interface ServerInfo {
  id: string;
  name: string;
  endpoint_url: string;
  transport_type: string;
  health_status: string;
  capabilities: Record<string, any>;
  tags: Record<string, any>;
  created_at: string;
  tools?: ToolInfo[];
  resources?: ResourceInfo[];
}

// The plan names these two and does not say what they are: its tables do.
interface ToolInfo {
  name: string;
  description: string | null;
}
interface ResourceInfo {
  uri_template: string;
  name: string;
  description: string | null;
  mime_type: string | null;
}

interface PlannedConfig {
  REACT_APP_API_BASE_URL: string; // FastAPI server URL
  REACT_APP_FASTMCP_BASE_URL: string; // FastMCP server URL
  REACT_APP_AZURE_CLIENT_ID: string;
  REACT_APP_AZURE_TENANT_ID: string;
  REACT_APP_AZURE_REDIRECT_URI: string;
  REACT_APP_ENABLE_REALTIME: boolean;
  REACT_APP_ENABLE_METRICS: boolean;
  REACT_APP_ENABLE_ADMIN: boolean;
}

/** The members that a type names, without the room that the kit's leave for others. */
type Named<T> = T extends readonly (infer Item)[]
  ? Named<Item>[]
  : T extends object
    ? string extends keyof T
      ? { [K in keyof T as string extends K ? never : K]: Named<T[K]> } extends infer Known
        ? keyof Known extends never
          ? T
          : Known
        : never
      : { [K in keyof T]: Named<T[K]> }
    : T;

/** Compiles only if `Given` can stand where `Wanted` is asked for. */
type Fits<Given extends Wanted, Wanted> = [Given, Wanted];

/** Members that may be absent, but are never `undefined`: JSON knows no such value, zod writes it. */
type Told<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Wider where the plan says `string` and ours says which. */
type WithStatus<T extends { servers: { health_status: string }[] }> = Omit<T, "servers"> & {
  servers: (Omit<T["servers"][number], "health_status"> & { health_status: string })[];
};

export type Checked = [
  Fits<Health, HealthResponse>,
  Fits<HealthResponse, Named<Health>>,
  Fits<SystemStats, PlannedStats>,
  Fits<PlannedStats, Named<SystemStats>>,
  Fits<ServerRegistrationRequest, ServerDraft>,
  Fits<ToolDiscovery, DiscoveryResponse>,
  Fits<DiscoveryResponse, WithStatus<Named<ToolDiscovery>>>,
  Fits<Told<Server>, ServerInfo>,
  Fits<{ [K in keyof PlannedConfig]: PlannedConfig[K] }, Parameters<typeof readConfig>[0]>,
];

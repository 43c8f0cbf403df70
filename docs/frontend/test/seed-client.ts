// The client that the integration plan recommends, for the test that it works here. It is the
// plan's code; what differs is marked: base URLs (the plan names none), the parts that it leaves
// out, and a parameter that strict mode does not let be called `arguments`.

import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from "axios";
import type { ServerRegistrationRequest } from "./seed-types.js";

// Left out by the plan: what its services give and take.
export interface ServerFilters {
  tenant_id?: string;
  health_status?: string;
  tags?: string[];
  limit?: number;
  include_tools?: boolean;
  include_resources?: boolean;
}
export interface ServerResponse {
  id: string;
  name: string;
  tags: string[];
}
export interface ApiConfig {
  apiBaseUrl: string;
  fastmcpBaseUrl: string;
  // In the place of MSAL, which needs a browser (signin.test.ts has that): the token in its cache,
  // and a new one.
  cachedToken: string;
  freshToken: () => Promise<string>;
}

// Base HTTP client with authentication
export class ApiClient {
  private baseUrl: string;
  private fastmcpUrl: string;
  private httpClient!: AxiosInstance;
  private token: string;
  refreshes = 0;

  constructor(private config: ApiConfig) {
    this.baseUrl = config.apiBaseUrl;
    this.fastmcpUrl = config.fastmcpBaseUrl;
    this.token = config.cachedToken;
    this.setupHttpClient();
  }

  // Automatic token refresh and retry logic
  private setupHttpClient() {
    this.httpClient = axios.create({
      timeout: 30000,
      headers: { "Content-Type": "application/json" },
    });

    // Request interceptor for token injection
    this.httpClient.interceptors.request.use(async (config) => {
      if (this.requiresAuth(config.url)) {
        const token = await this.getAccessToken();
        config.headers.Authorization = `Bearer ${token}`;
      }
      return config;
    });

    // Response interceptor for error handling
    this.httpClient.interceptors.response.use(
      (response) => response,
      async (error) => {
        if (error.response?.status === 401) {
          await this.handleAuthRefresh();
          return this.httpClient.request(error.config);
        }
        return Promise.reject(error);
      },
    );
  }

  // Left out by the plan.
  private requiresAuth(url: string | undefined): boolean {
    return url?.startsWith(this.fastmcpUrl) ?? false;
  }

  private async getAccessToken(): Promise<string> {
    return this.token;
  }

  private async handleAuthRefresh(): Promise<void> {
    this.refreshes += 1;
    this.token = await this.config.freshToken();
  }

  get(path: string, config?: AxiosRequestConfig): Promise<AxiosResponse> {
    return this.httpClient.get(this.baseUrl + path, config);
  }

  post(path: string, data: unknown): Promise<AxiosResponse> {
    const base = path === "/mcp" ? this.fastmcpUrl : this.baseUrl;
    return this.httpClient.post(base + path, data);
  }
}

// Feature-specific API services
export class ServerManagementAPI {
  constructor(private client: ApiClient) {}

  async registerServer(data: ServerRegistrationRequest): Promise<ServerResponse> {
    const response = await this.client.post("/api/v1/servers", data);
    return response.data;
  }

  async listServers(filters?: ServerFilters): Promise<ServerResponse[]> {
    const response = await this.client.get("/api/v1/servers", { params: filters });
    return response.data;
  }
}

export class FastMCPAPI {
  constructor(private client: ApiClient) {}

  async callTool<T>(name: string, args: Record<string, any>): Promise<T> {
    const response = await this.client.post("/mcp", {
      jsonrpc: "2.0",
      method: "tools/call",
      params: { name, arguments: args },
    });
    return response.data.result;
  }
}

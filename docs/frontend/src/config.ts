// Where the two servers are and what is switched on: REACT_APP_… (Create React App) or VITE_…
// (Vite). A value that is wrong stops the page at its start, with the variable's name.

export interface FrontendConfig {
  /** Port 8000: the registry's API. */
  apiBaseUrl: string;
  /** Port 8001: the MCP endpoints. */
  mcpBaseUrl: string;
  azure: { clientId: string; tenantId: string; redirectUri: string } | undefined;
  enableRealtime: boolean;
  enableMetrics: boolean;
  enableAdmin: boolean;
}

type Environment = Readonly<Record<string, string | boolean | undefined>>;

/** Reads `process.env` or `import.meta.env`; REACT_APP_ comes before VITE_. */
export function readConfig(env: Environment): FrontendConfig {
  const text = (name: string): string | undefined => {
    const value = env[`REACT_APP_${name}`] ?? env[`VITE_${name}`];
    const trimmed = value === undefined ? "" : String(value).trim();
    return trimmed === "" ? undefined : trimmed;
  };
  const url = (name: string, fallback: string): string => {
    const value = text(name) ?? fallback;
    if (!URL.canParse(value) || !/^https?:/.test(value)) {
      throw new Error(`${name} must be an http or https URL, got ${value}`);
    }
    return value.replace(/\/+$/, "");
  };
  const flag = (name: string): boolean => {
    // "false" is a text that is not empty: to JavaScript it is true.
    switch (text(name)?.toLowerCase()) {
      case undefined:
      case "false":
      case "0":
        return false;
      case "true":
      case "1":
        return true;
      default:
        throw new Error(`${name} must be true or false`);
    }
  };
  const clientId = text("AZURE_CLIENT_ID");
  const tenantId = text("AZURE_TENANT_ID");
  if ((clientId === undefined) !== (tenantId === undefined)) {
    throw new Error("AZURE_CLIENT_ID and AZURE_TENANT_ID go together");
  }
  const azure =
    clientId !== undefined && tenantId !== undefined
      ? { clientId, tenantId, redirectUri: url("AZURE_REDIRECT_URI", "http://localhost:5173") }
      : undefined;
  return {
    apiBaseUrl: url("API_BASE_URL", "http://localhost:8000"),
    mcpBaseUrl: url("FASTMCP_BASE_URL", "http://localhost:8001"),
    azure,
    enableRealtime: flag("ENABLE_REALTIME"),
    enableMetrics: flag("ENABLE_METRICS"),
    enableAdmin: flag("ENABLE_ADMIN"),
  };
}

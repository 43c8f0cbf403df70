// A typed client of the MCP Registry Gateway for frontends. README.md says how it fits together.

export * from "./config.js";
export * from "./errors.js";
export * from "./gateway.js";
export * from "./import.js";
export * from "./registry.js";
export * from "./schemas.js";
export * from "./server-schemas.js";
export * from "./servers.js";
// auth.ts is imported by itself: it needs a browser.

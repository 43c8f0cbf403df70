// node dist/src/import-cli.js DUMP.json [--write]
// API_BASE_URL (http://localhost:8000) and API_TOKEN say where to, and as whom.

import { readFile } from "node:fs/promises";
import { importDump } from "./import.js";
import { RegistryClient } from "./registry.js";

const [file, mode] = process.argv.slice(2);
if (file === undefined || (mode !== undefined && mode !== "--write")) {
  console.error("usage: node dist/src/import-cli.js DUMP.json [--write]");
  process.exit(2);
}
const base = process.env["API_BASE_URL"] ?? "http://localhost:8000";
const client = new RegistryClient(base, async () => process.env["API_TOKEN"]);
const dump: unknown = JSON.parse(await readFile(file, "utf8"));
const told = await importDump(client, dump, { write: mode === "--write" }).catch(
  (error: unknown) => {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
    process.exit(1);
  },
);
for (const { row, url, outcome, why } of told) {
  console.log(`${row}\t${outcome}\t${url ?? "-"}${why === undefined ? "" : `\t${why}`}`);
}
process.exit(told.some(({ outcome }) => outcome === "refused") ? 1 : 0);

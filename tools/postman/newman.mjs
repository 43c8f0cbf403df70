// newman.mjs ADDRESS TOKEN: runs the collection as whoever imports it would, three times: with a
// good token, without one, and with a bad one. The first time the main job has to succeed.
import { readFileSync } from "node:fs";
import newman from "newman";

const [address, token] = process.argv.slice(2);
const collection = JSON.parse(
  readFileSync(new URL("../../docs/openapi/postman/public-api.json", import.meta.url), "utf8"),
);

/** What must work with a good token, in the collection's order. */
const MAIN_JOB = [
  "ensure_user",
  "find_user",
  "submit_registration",
  "list_registrations",
  "find_registration_by_url",
  "find_registration",
  "edit_registration",
  "decide_registration",
  "delete_registration",
  "list_audit_log",
];

const run = (values) =>
  new Promise((resolve, reject) => {
    const envVar = Object.entries({ baseUrl: address, ...values }).map(([key, value]) => ({ key, value }));
    newman.run({ collection, envVar, timeoutRequest: 30_000 }, (error, summary) =>
      error ? reject(error) : resolve(summary.run),
    );
  });

const faults = [];
for (const [who, value] of [
  ["with a good token", token],
  ["without a token", ""],
  ["with a bad token", "forged"],
]) {
  const { executions, failures } = await run({ token: value });
  for (const { source, error } of failures) faults.push(`${who}: ${source?.name}: ${error.message}`);
  const codes = new Map(executions.map(({ item, response }) => [item.name, response?.code]));
  console.log(`newman ${who}: ${executions.length} requests, ${failures.length} failures`);
  if (value === token) {
    for (const name of MAIN_JOB) {
      const code = codes.get(name);
      if (!(code >= 200 && code < 300)) faults.push(`${who}: ${name} answered ${code}, not 2xx`);
    }
  } else if (codes.get("list_registrations") !== 401) {
    faults.push(`${who}: list_registrations answered ${codes.get("list_registrations")}, not 401`);
  }
}
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);

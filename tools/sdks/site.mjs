// The site of a client, over TLS: serves its metadata document, and prints its address.
//
//   node site.mjs CERTIFICATE KEY REDIRECT
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [certificate, key, redirect] = process.argv.slice(2);
let id;
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, answer) => {
  answer.setHeader("content-type", "application/json");
  answer.statusCode = request.url === "/client.json" ? 200 : 404;
  answer.end(JSON.stringify({ client_id: id, client_name: "Documented", redirect_uris: [redirect], token_endpoint_auth_method: "none" }));
});
server.listen(0, "localhost", () => {
  id = `https://localhost:${server.address().port}/client.json`;
  console.log(id);
});
// Whoever started it is gone when its input ends.
process.stdin.on("end", () => process.exit(0)).resume();

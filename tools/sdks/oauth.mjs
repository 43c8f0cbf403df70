// One of the official TypeScript clients, as it is, against a gateway that it has never seen: finds
// out whom to ask, becomes a client, has a person sign in, calls a tool, and renews its token.
//
//   node oauth.mjs v1|v2 URL TOOL          and in OAUTH_CLIENT how it becomes a client, as JSON:
//   {} (it registers), {"metadata_url"}, or {"client_id", "client_secret"}
import { signIn } from "./browser.mjs";

const [generation, url, tool] = process.argv.slice(2);
const known = JSON.parse(process.env.OAUTH_CLIENT ?? "{}");
const redirect = "http://127.0.0.1:39999/callback";

const sdk =
  generation === "v2"
    ? await import("@modelcontextprotocol/client")
    : {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
        ...(await import("@modelcontextprotocol/sdk/client/auth.js")),
      };

/** What an application keeps of its OAuth: nothing here knows the gateway. */
class Kept {
  redirectUrl = redirect;
  clientMetadataUrl = known.metadata_url;
  clientMetadata = { client_name: "SDK client", redirect_uris: [redirect], token_endpoint_auth_method: "none" };
  #client = known.client_id ? known : undefined;
  #state = {};
  clientInformation() {
    return this.#client;
  }
  saveClientInformation(client) {
    this.#client = client;
  }
  tokens() {
    return this.#state.tokens;
  }
  saveTokens(tokens) {
    this.#state.tokens = tokens;
  }
  redirectToAuthorization(address) {
    this.#state.address = address;
  }
  saveCodeVerifier(verifier) {
    this.#state.verifier = verifier;
  }
  codeVerifier() {
    return this.#state.verifier;
  }
  get address() {
    return this.#state.address;
  }
}

const provider = new Kept();
const transport = () => new sdk.StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
const client = () => new sdk.Client({ name: "sdk-client", version: "1.0.0" });

const first = transport();
try {
  await client().connect(first);
  throw new Error("the gateway asked for no token");
} catch (error) {
  if (!(error instanceof sdk.UnauthorizedError)) throw error;
}
const back = (await signIn(provider.address, redirect)).searchParams;
await (generation === "v2" ? first.finishAuth(back) : first.finishAuth(back.get("code")));

async function call() {
  const caller = client();
  await caller.connect(transport());
  const { tools } = await caller.listTools();
  const answer = await caller.callTool({ name: tool, arguments: { text: "hello" } });
  await caller.close();
  return { tools: tools.map(({ name }) => name), answer: answer.content };
}

const before = provider.tokens();
const called = await call();
provider.saveTokens({ ...before, access_token: "no token of anybody" });
const renewed = await call();
const after = provider.tokens();
console.log(
  JSON.stringify({
    called,
    renewed,
    client_id: provider.clientInformation()?.client_id ?? null,
    is_renewed: after.access_token !== before.access_token && after.refresh_token !== before.refresh_token,
    is_refused: back.get("error"),
  }),
);

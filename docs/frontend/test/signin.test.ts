// Signing in with MSAL, as a page does it: in Chromium, with somebody who plays Entra ID, against a
// running registry (API_BASE_URL), which has to allow the origin http://localhost:5173.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium, type BrowserContext, type Route } from "playwright-core";
import type * as kit from "../src/index.js";
import type { entraTokens, scopes } from "../src/auth.js";
import { given } from "./given.js";

const origin = "http://localhost:5173";
const azure = { clientId: randomUUID(), tenantId: randomUUID(), redirectUri: `${origin}/` };
const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the page's script leaves for the test. */
type Page = typeof kit & { entraTokens: typeof entraTokens; scopes: typeof scopes };

const html = `<!doctype html><title>A page</title>
<script type="importmap">{"imports": {
  "@azure/msal-browser": "/node_modules/@azure/msal-browser/dist/index.mjs",
  "@azure/msal-common/browser": "/node_modules/@azure/msal-common/dist/index-browser.mjs",
  "axios": "/node_modules/axios/dist/esm/axios.js",
  "zod": "/node_modules/zod/index.js"
}}</script>
<script type="module">
import * as kit from "/dist/src/index.js";
import * as auth from "/dist/src/auth.js";
globalThis.kit = { ...kit, ...auth };
</script>`;

/** Serves the page, and what it is made of. */
async function servePage(route: Route): Promise<void> {
  const { pathname } = new URL(route.request().url());
  if (pathname === "/") return route.fulfill({ contentType: "text/html", body: html });
  const file = `${root}${pathname}`;
  const script = /^\/(dist\/src|node_modules)\/[\w@/.-]+\.m?js$/.test(pathname) && existsSync(file);
  if (!script) return route.fulfill({ status: 404, body: "" });
  return route.fulfill({ contentType: "text/javascript", body: await readFile(file, "utf8") });
}

/** Plays Entra ID: an authorization code for a person, tokens for the code, and new ones later. */
class Entra {
  readonly grants: string[] = [];
  readonly faults: string[] = [];
  #asked = new URLSearchParams();

  constructor(private readonly accessToken: () => Promise<string>) {}

  async answer(route: Route): Promise<void> {
    const request = route.request();
    const url = new URL(request.url());
    const headers = { "Access-Control-Allow-Origin": origin };
    switch (url.pathname) {
      case `/${azure.tenantId}/oauth2/v2.0/authorize`:
        this.#asked = url.searchParams;
        return route.fulfill({ contentType: "text/html", body: this.#signedIn() });
      case `/${azure.tenantId}/oauth2/v2.0/token`: {
        const body = await this.#tokens(new URLSearchParams(request.postData() ?? ""));
        return route.fulfill({ headers, contentType: "application/json", body });
      }
      default:
        this.faults.push(`${request.method()} ${request.url()}`);
        return route.abort();
    }
  }

  /** The person has signed in: back to the page. */
  #signedIn(): string {
    const asked = this.#asked;
    this.#expect(asked.get("client_id") === azure.clientId, "the client");
    this.#expect(asked.get("redirect_uri") === azure.redirectUri, "the page's address");
    const wanted = `api://${azure.clientId}/access_as_user`;
    this.#expect((asked.get("scope") ?? "").split(" ").includes(wanted), "the scope");
    this.#expect(asked.get("code_challenge_method") === "S256", "a challenge");
    const fragment = new URLSearchParams({ code: "a-code", state: asked.get("state") ?? "" });
    const back = JSON.stringify(`${azure.redirectUri}#${fragment.toString()}`);
    return `<!doctype html><script>location.replace(${back})</script>`;
  }

  async #tokens(form: URLSearchParams): Promise<string> {
    const grant = form.get("grant_type") ?? "";
    this.grants.push(grant);
    if (grant === "authorization_code") {
      const verifier = createHash("sha256").update(form.get("code_verifier") ?? "");
      const proven = verifier.digest("base64url") === this.#asked.get("code_challenge");
      this.#expect(form.get("code") === "a-code" && proven, "whoever asked for the code");
    } else {
      this.#expect(form.get("refresh_token") === "a-refresh-token", "the refresh token");
    }
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const now = Math.floor(Date.now() / 1000);
    const person = { oid: "ada", sub: "ada", preferred_username: "ada@example.com", name: "Ada" };
    const idToken = {
      ...person,
      iss: `https://login.microsoftonline.com/${azure.tenantId}/v2.0`,
      aud: azure.clientId,
      tid: azure.tenantId,
      nonce: this.#asked.get("nonce"),
      ver: "2.0",
      iat: now,
      exp: now + 3600,
    };
    return JSON.stringify({
      token_type: "Bearer",
      scope: `openid profile offline_access api://${azure.clientId}/access_as_user`,
      // The first is about to end: MSAL asks for another before it is used again.
      expires_in: grant === "authorization_code" ? 120 : 3600,
      access_token: await this.accessToken(),
      refresh_token: "a-refresh-token",
      id_token: `${encoded({ alg: "RS256", typ: "JWT" })}.${encoded(idToken)}.c2lnbmF0dXJl`,
      client_info: encoded({ uid: "ada", utid: azure.tenantId }),
    });
  }

  #expect(fact: boolean, what: string): void {
    if (!fact) this.faults.push(`it is not ${what}`);
  }
}

async function devToken(): Promise<string> {
  const answer = await fetch(`${given("API_BASE_URL")}/dev/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ subject: "msal-ada", email: "ada@example.com" }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function inChromium(work: (context: BrowserContext) => Promise<void>): Promise<void> {
  const places = [
    process.env["CHROMIUM"],
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ];
  const executablePath = places.find((place) => place !== undefined && existsSync(place));
  assert.ok(executablePath, "missing: Chromium. apt-get install chromium, or set CHROMIUM");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    await work(await browser.newContext());
  } finally {
    await browser.close();
  }
}

test("a page signs in by a pop-up, calls the registry, and stays signed in", async () => {
  const entra = new Entra(devToken);
  await inChromium(async (context) => {
    // The page comes out of this file, so Chromium does not see that it is as local as the registry.
    await context.grantPermissions(["local-network-access"], { origin });
    await context.route(`${origin}/**`, servePage);
    await context.route("https://login.microsoftonline.com/**", (route) => entra.answer(route));
    const page = await context.newPage();
    const said: string[] = [];
    page.on("pageerror", (error) => said.push(error.message));
    page.on("console", (message) => said.push(message.text()));
    await page.goto(`${origin}/`);
    await page.waitForFunction(() => "kit" in globalThis).catch((error: unknown) => {
      throw new Error(`the kit does not load: ${said.join("; ")} (${String(error)})`);
    });
    const seen = await page.evaluate(
      async ({ api, azure }) => {
        const { entraTokens, RegistryClient } = (globalThis as unknown as { kit: Page }).kit;
        const registry = new RegistryClient(api, await entraTokens(azure));
        return [await registry.me(), await registry.me(), await registry.me()];
      },
      { api: given("API_BASE_URL"), azure },
    ).catch((error: unknown) => {
      throw new Error([...entra.faults, ...said, String(error)].join("\n"));
    });
    assert.deepEqual(entra.faults, []);
    assert.deepEqual(new Set(seen.map((user) => user.email)), new Set(["ada@example.com"]));
    assert.equal(seen[0]?.entra_id, "msal-ada");
    // One pop-up; then a new token without one, because the first was about to end; then its cache.
    assert.deepEqual(entra.grants, ["authorization_code", "refresh_token"]);
  });
});

// pages.mjs ADDRESS TOKEN: opens the documentation's pages in a headless Chromium, and fails when a
// page asks another host for anything, breaks its own policy, or shows no operations.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const [address] = process.argv.slice(2);
const places = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const executablePath = places.find((place) => place && existsSync(place));
if (!executablePath) {
  console.error("missing: Chromium. Install with: sudo apt-get install chromium, or set CHROMIUM");
  process.exit(69);
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const faults = [];
for (const [path, javaScriptEnabled, shown] of [
  ["/docs", true, "#swagger-ui .opblock"],
  ["/redoc", true, "article.row"],
  ["/redoc", false, "article.row"],
]) {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  const where = `${path} ${javaScriptEnabled ? "with" : "without"} JavaScript`;
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:", "about:"].includes(url.protocol) && url.origin !== address) {
      faults.push(`${where} asks ${request.url()}`);
    }
  });
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`${where}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${where}: ${error.message}`));
  await page.goto(`${address}${path}`, { waitUntil: "load" });
  await page.locator(shown).first().waitFor({ state: "visible", timeout: 30_000 });
  const count = await page.locator(shown).count();
  if (count < 20) faults.push(`${where} shows ${count} operations`);
  console.log(`${where}: ${count} operations`);
  if (process.env.SCREENSHOTS) {
    const file = `${process.env.SCREENSHOTS}/${path.slice(1)}-${javaScriptEnabled}.png`;
    await page.screenshot({ path: file, fullPage: false });
  }
  await context.close();
}
await browser.close();
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);

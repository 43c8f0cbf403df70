// The demo's processes and its folder: started here, and gone when the demo is, however it ends.

import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const folder = mkdtempSync(join(tmpdir(), "mcp-registry-demo-"));
const running = new Set();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]]) {
  process.on(signal, () => {
    console.error(`demo: stopped by ${signal}`);
    process.exit(128 + number);
  });
}

/**
 * Starts a program and waits until `ready` has made something of one of its output lines.
 * `ready(line)` returns undefined for lines that it does not need.
 */
export function start(name, command, args, { env = {}, ready, within = 30_000 }) {
  const log = join(folder, `${name}.log`);
  // Nothing of the caller's settings comes in: the demo shows the defaults.
  const clean = { PATH: process.env.PATH, HOME: folder, TMPDIR: tmpdir(), ...env };
  const child = spawn(command, args, { cwd: folder, env: clean, stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    const fail = (what) => {
      clearTimeout(deadline);
      reject(new Error(`${name} ${what}${lastLines(log)}`));
    };
    const deadline = setTimeout(() => fail(`was not ready within ${within / 1000} s`), within);
    child.once("spawn", () => running.add(child));
    child.once("error", (error) => fail(`cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      running.delete(child);
      fail(`ended with ${code === null ? signal : `exit code ${code}`}`);
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        appendFileSync(log, `${line}\n`);
        const found = ready(line);
        if (found === undefined) return;
        clearTimeout(deadline);
        resolve(found);
      });
    }
  });
}

/** Ends all programs, politely first. */
export async function stop() {
  const ends = [...running].map((child) => {
    child.kill("SIGTERM");
    return new Promise((resolve) => {
      child.once("exit", resolve);
      setTimeout(resolve, 5_000).unref();
    });
  });
  await Promise.all(ends);
}

function lastLines(log) {
  try {
    const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-10);
    return `; its last lines:\n  ${lines.join("\n  ")}`;
  } catch {
    return " and said nothing";
  }
}

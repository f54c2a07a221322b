/**
 * A headless Chromium that npm brings along; what it needs of the system is libnss3.
 *
 * @module
 */
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** Nothing that calls home, and no sandbox, which containers do not allow: it opens the tests' own files alone. */
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts it, or says in a line why it cannot. */
export async function startBrowser(): Promise<Browser | string> {
  const executablePath = await chromium.executablePath();
  const { stderr } = await new Deno.Command(executablePath, { args: ["--version"], stdout: "null" }).output();
  const missing = /loading shared libraries: (\S+):/.exec(new TextDecoder().decode(stderr))?.[1];
  if (missing !== undefined) return `no ${missing}; with Debian or Ubuntu: apt-get install libnss3`;
  return await playwright.launch({ executablePath, args: flags });
}

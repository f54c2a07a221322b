/**
 * Opens every notebook in JupyterLab as a user does, runs all of its cells from the menu, and tells which cell fails, writes to the error
 * stream or leaves a chart undrawn: `deno run -A --config tests/browser/deno.json tests/browser/lab.ts [DIR [NAME…]]`. In DIR pictures of
 * every screenful are left, light and dark. It takes minutes, and no notebook is saved.
 *
 * @module
 */
import type { Page } from "playwright-core";
import { notebooks } from "../../notebooks/run.ts";
import { startBrowser } from "./browser.ts";

const [pictures, ...names] = Deno.args;
const [port, token] = [8917, crypto.randomUUID()];
const at = (path: string) => `http://127.0.0.1:${port}/${path}?token=${token}`;
const screen = { width: 1280, height: 1600 };

/** In the page: the code cells' models. */
const cells = `[...jupyterapp.shell.currentWidget.content.model.cells].filter(({ type }) => type === "code")`;
/** In the page: the cells whose outputs are an error, something on the error stream, or nothing where something is to be shown. */
const faults = `${cells}.flatMap((cell) => {
  const outputs = cell.toJSON().outputs;
  const bad = outputs.find(({ output_type, name }) => output_type === "error" || name === "stderr");
  if (bad) return [cell.id + ": " + (bad.evalue ?? [bad.text].flat().join(""))];
  return outputs.length === 0 && cell.sharedModel.source.includes("await show(") ? [cell.id + ": nothing is shown"] : [];
})`;

/** In the page: what scrolls the notebook. */
const view = `document.querySelector(".jp-WindowedPanel-outer")`;

const lab = new Deno.Command(Deno.execPath(), {
  args: [
    ...["task", "notebooks", "--no-browser", `--port=${port}`, "--ServerApp.port_retries=0"],
    ...[`--IdentityProvider.token=${token}`, "--LabApp.expose_app_in_browser=True"],
    ...Deno.uid() === 0 ? ["--allow-root"] : [],
  ],
  stdout: "null",
  stderr: "null",
}).spawn();
const browser = await startBrowser();
try {
  if (typeof browser === "string") throw new Error(`The browser cannot be started: ${browser}`);
  await answers(at("api"));
  for (const name of names.length > 0 ? names : notebooks) {
    const page = await browser.newPage({ viewport: screen });
    const wrong = await runAll(page, name);
    console.log([`${name}: ${wrong.length === 0 ? "all cells run" : `${wrong.length} faults`}`, ...wrong].join("\n  "));
    if (wrong.length > 0) Deno.exitCode = 1;
    if (pictures !== undefined) await takePictures(page, name);
    await page.close();
  }
} finally {
  if (typeof browser !== "string") await browser.close();
  await fetch(at("api/shutdown"), { method: "POST" }).then((response) => response.body?.cancel(), () => lab.kill());
  await lab.status;
}

/** Waits until the server is up: the first time it installs JupyterLab. */
async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const up = await fetch(url).then(async (response) => (await response.body?.cancel(), response.ok), () => false);
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error("JupyterLab does not answer after five minutes");
}

/** Run > Run All Cells. Returns what is wrong, a line each. */
async function runAll(page: Page, name: string): Promise<string[]> {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(`the page: ${message}`));
  await page.goto(`${at(`lab/tree/${name}.ipynb`)}&reset`);
  await page.waitForFunction(
    `jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === "idle"`,
    null,
    {
      timeout: 120_000,
    },
  );
  await page.evaluate(`jupyterapp.commands.execute("docmanager:toggle-autosave")`);
  await choose(page, "Edit", "Clear Outputs of All Cells");
  await choose(page, "Run", "Run All Cells");
  await page.waitForFunction(
    `${cells}.every((cell) => cell.executionCount !== null && cell.executionState === "idle")`,
    null,
    {
      timeout: 500_000,
    },
  );
  return [...errors, ...await page.evaluate<string[]>(faults)];
}

/** Of a menu. */
async function choose(page: Page, menu: string, item: string): Promise<void> {
  await page.getByRole("menuitem", { name: menu, exact: true }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** Every screenful in both themes. */
async function takePictures(page: Page, name: string): Promise<void> {
  for (const theme of ["Light", "Dark"]) {
    await page.evaluate(`jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab ${theme}" })`);
    await page.waitForTimeout(2000);
    const height = await page.evaluate<number>(`(${view}.scrollTop = 0, ${view}.scrollHeight)`);
    for (let top = 0, i = 1; top < height; top += screen.height - 200, i++) {
      await page.evaluate(`${view}.scrollTop = ${top}`);
      await page.waitForTimeout(1000);
      await page.screenshot({ path: `${pictures}/${name}_${theme.toLowerCase()}_${i}.png` });
    }
  }
}

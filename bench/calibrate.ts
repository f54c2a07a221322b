/**
 * `deno task calibrate`: measures this machine's device, fits its models and validates them, in one go, and ends with a summary of the
 * device. Options are the sweep's.
 *
 * @module
 */
import { type Arguments, type Command, print, runCommand, userPath } from "../lib/commands/cli.ts";
import { defaultFolder, describeDevice, deviceSlug } from "./device_file.ts";
import { providers } from "./ort/session.ts";
import { chooseProvider } from "./providers.ts";
import { forwarded, sweepCommand } from "./sweep.ts";

const root = decodeURIComponent(new URL("..", import.meta.url).pathname);

const command: Command = {
  ...sweepCommand,
  name: "calibrate",
  call: "deno task calibrate",
  summary: "Measures this machine's device, fits its models and validates them; its options are the sweep's.",
  examples: ["deno task calibrate", "deno task calibrate --minutes 80 --visits 4 --out data/mine"],
  run,
};

async function run(args: Arguments): Promise<number> {
  const sweep = ["run", "-A", "-q", `${root}bench/sweep.ts`, ...forwarded(args, ["out"])];
  if (args.flag("dry-run")) return await step(...sweep);
  const folder = args.text("out") === undefined ? await folderToMeasure(args) : userPath(args.text("out")!);
  // By the folder's name, which no earlier measurement has: a shipped model of the same device is not written over.
  const name = folder.split(/[/\\]/).filter((part) => part !== "").at(-1)!;
  const model = `${root}models/${name}.json`;
  const report = ["--format", "html", "--out", `${folder}/report.html`];
  const code = await step(...sweep, "--out", folder) ||
    await step("task", "--cwd", root, "fit", folder, "--out", model) ||
    await step("run", "-A", "-q", `${root}bench/validate.ts`, folder, ...report);
  if (code !== 0) return code;
  const { device } = JSON.parse(await Deno.readTextFile(`${folder}/device.json`)) as { device: string };
  print(`\n${device}, measured into ${folder}:\n`);
  await step("task", "--cwd", root, "devices", model);
  print(`Next: deno task predict nets/resnet50.np.ts --device models/${name}.json`);
  return 0;
}

/** Runs a step, which tells its own failure; its status. */
async function step(...args: readonly string[]): Promise<number> {
  return (await new Deno.Command(Deno.execPath(), { args: [...args] }).spawn().status).code;
}

async function folderToMeasure(args: Arguments): Promise<string> {
  const { provider } = await chooseProvider(args.choice("provider", ["auto", ...providers]) ?? "auto");
  return defaultFolder(deviceSlug(await describeDevice(provider)), args.flag("resume"));
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));

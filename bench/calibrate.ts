/**
 * `deno task calibrate`: measures this machine's device, fits its models and validates them, in one go, and ends with a summary of the
 * device. Options are the sweep's.
 *
 * @module
 */
import { defaultFolder, describeDevice, deviceSlug } from "./device_file.ts";
import { type Provider, providers } from "./ort/session.ts";
import { chooseProvider } from "./providers.ts";

const root = decodeURIComponent(new URL("..", import.meta.url).pathname);
const option = (name: string) => Deno.args.includes(name) ? Deno.args[Deno.args.indexOf(name) + 1] : undefined;

/** A step ends the calibration when it fails, with its own message and status. */
async function step(...args: readonly string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), { args: [...args] }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

async function folderToMeasure(): Promise<string> {
  const wanted = providers.find((provider): provider is Provider => provider === option("--provider")) ?? "auto";
  const { provider } = await chooseProvider(wanted);
  return defaultFolder(deviceSlug(await describeDevice(provider)), Deno.args.includes("--resume"));
}

const sweep = ["run", "-A", "-q", `${root}bench/sweep.ts`, ...Deno.args];
if (Deno.args.some((arg) => ["--help", "-h", "--dry-run"].includes(arg))) await step(...sweep);
else {
  const folder = option("--out") ?? await folderToMeasure();
  await step(...sweep, ...option("--out") === undefined ? ["--out", folder] : []);
  // By the folder's name, which no earlier measurement has: a shipped model of the same device is not written over.
  const name = folder.split(/[/\\]/).filter((part) => part !== "").at(-1)!;
  const model = `${root}models/${name}.json`;
  await step("task", "--cwd", root, "fit", folder, "--out", model);
  await step(
    "run",
    "-A",
    "-q",
    `${root}bench/validate.ts`,
    folder,
    "--format",
    "html",
    "--out",
    `${folder}/report.html`,
  );
  const { device } = JSON.parse(await Deno.readTextFile(`${folder}/device.json`)) as { device: string };
  console.log(`\n${device}, measured into ${folder}:\n`);
  await step("task", "--cwd", root, "devices", model);
  console.log(`Next: deno task predict nets/resnet50.np.ts --device models/${name}.json`);
}

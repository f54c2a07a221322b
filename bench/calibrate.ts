/**
 * `deno task calibrate`: measures this machine's device, fits its models and validates them, in one go. Options are the sweep's.
 *
 * @module
 */
import { describeDevice, deviceSlug } from "./device_file.ts";

const root = decodeURIComponent(new URL("..", import.meta.url).pathname);
const given = Deno.args.indexOf("--out");
const folder = given >= 0 ? Deno.args[given + 1] : `${root}data/${deviceSlug(await describeDevice("cpu"))}`;

/** A step ends the calibration when it fails, with its own message and status. */
async function step(args: readonly string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), { args: [...args] }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

await step(["run", "-A", "-q", `${root}bench/sweep.ts`, ...Deno.args]);
if (!Deno.args.some((arg) => ["--help", "-h", "--dry-run"].includes(arg))) {
  await step(["task", "-q", "--cwd", root, "fit", folder]);
  await step(["run", "-A", "-q", `${root}bench/validate.ts`, folder]);
}

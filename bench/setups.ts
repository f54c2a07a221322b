/**
 * How well layers add up to their network, by the way they are measured: `deno run -A bench/setups.ts [NET…]`, on the CPU provider.
 *
 * Of each network, the layers' sum is compared with the time of the network run with default session options:
 *
 * - `profile`: each node's time in the runtime's own profile of the network (`profile_network.ts`), as the profiler gives it;
 * - `spoiled`: each distinct node by itself, by copies with spoiled caches (`spoiled.ts`), times how often it occurs;
 * - `copies`: each distinct node by itself, by the slope of K copies with default options (`slope.ts`), times how often it occurs;
 * - `unoptimised`: the same with the runtime's optimisations off.
 *
 * A network is a file of `nets/` by its name; `NAME@SIZE` has it at another image size, and batch 1 is run. Networks are measured in
 * processes of their own, for sessions leak.
 *
 * @module
 */
import type { Node } from "neuralpower";
import { jobNetwork } from "./jobs.ts";
import { profileNetwork } from "./profile_network.ts";
import { measureSpoiled } from "./spoiled.ts";
import { measureNode } from "./slope.ts";

/** A network's time, and what its layers add up to. */
interface Sums {
  readonly ms: number;
  readonly spreadMs: number;
  /** Distinct nodes. */
  readonly nodes: number;
  /** Sums in ms. */
  readonly profile: number;
  readonly spoiled: number;
  readonly copies: number;
  readonly unoptimised: number;
  /** Nodes whose times are no straight line, of both slopes together. */
  readonly bent: number;
}

const setups = ["profile", "spoiled", "copies", "unoptimised"] as const;
const defaults = [
  "alexnet",
  "squeezenet1_1@128",
  "mobilenet_v2@128",
  "googlenet@128",
  "resnet50@128",
  "densenet121@128",
];
/** Precedes the result of a network's process, for libraries may print lines of their own. */
const mark = "sums ";
const progress = Deno.stderr.isTerminal();

function tell(text: string): void {
  // Back to the line's begin, and clear it.
  if (progress) Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

/** Measures a network in all set-ups. */
async function measureSums(name: string): Promise<Sums> {
  const [net, image] = name.split("@");
  const network = await jobNetwork({
    ...{ source: `nets/${net}.np.ts`, batch: 1, dtype: "float32" },
    image: image === undefined ? null : Number(image),
  });
  tell(`${name}: profile`);
  const folder = await Deno.makeTempDir();
  using cleanUp = new DisposableStack();
  cleanUp.defer(() => Deno.removeSync(folder, { recursive: true }));
  const whole = await profileNetwork(network, folder);
  const distinct = [...Map.groupBy(whole.nodes.map(({ node }) => node), key).values()];
  let spoiled = 0, copies = 0, unoptimised = 0, bent = 0;
  for (const [i, equal] of distinct.entries()) {
    tell(`${name}: node ${i + 1} of ${distinct.length}, ${equal[0].layer.op}`);
    const slope = await measureNode(equal[0], { provider: "cpu" });
    const off = await measureNode(equal[0], { provider: "cpu", optimization: "disabled" });
    spoiled += (await measureSpoiled(equal[0], folder)).ms * equal.length;
    copies += slope.ms * equal.length;
    unoptimised += off.ms * equal.length;
    bent += Number(!slope.straight) + Number(!off.straight);
  }
  // As the profiler gave them: what is taken off for the profiler is found by this very comparison.
  const profile = whole.nodes.reduce((sum, { ms }) => sum + ms + whole.profilerMs, 0);
  return {
    ms: whole.ms,
    spreadMs: whole.spreadMs,
    nodes: distinct.length,
    profile,
    spoiled,
    copies,
    unoptimised,
    bent,
  };
}

/** Equal for nodes that do the same work. */
function key(node: Node): string {
  return JSON.stringify({ ...node, layer: { ...node.layer, name: null, inputs: null } });
}

/** Measures a network in a process of its own. */
async function sumsOf(name: string): Promise<Sums> {
  const config = `${import.meta.dirname}/deno.json`;
  const { stdout, code, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--config", config, import.meta.url, "--one", name],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const line = new TextDecoder().decode(stdout).split("\n").find((line) => line.startsWith(mark));
  if (line === undefined) throw new Error(`its process ended with ${signal ?? `status ${code}`}`);
  const found = JSON.parse(line.slice(mark.length)) as Sums | { error: string };
  if ("error" in found) throw new Error(found.error);
  return found;
}

async function main(names: readonly string[]): Promise<number> {
  const row = (cells: readonly string[]) => {
    tell("");
    console.log(cells.map((cell, i) => i === 0 ? cell.padEnd(20) : cell.padStart(13)).join(""));
  };
  const percent = (share: number) => `${share >= 0 ? "+" : "−"}${Math.abs(share * 100).toFixed(1)} %`;
  row(["network, batch 1", "ms", "spread", "nodes", ...setups, "not straight"]);
  const deviations: Record<typeof setups[number], number[]> = { profile: [], spoiled: [], copies: [], unoptimised: [] };
  let failures = 0;
  for (const name of names) {
    try {
      const sums = await sumsOf(name);
      const deviation = setups.map((setup) => sums[setup] / sums.ms - 1);
      setups.forEach((setup, i) => deviations[setup].push(deviation[i]));
      const spread = `${(sums.spreadMs / sums.ms * 100).toFixed(1)} %`;
      row([name, sums.ms.toFixed(3), spread, `${sums.nodes}`, ...deviation.map(percent), `${sums.bent}`]);
    } catch (error) {
      failures++;
      row([name, `failed: ${(error as Error).message}`]);
    }
  }
  if (failures === names.length) return 1;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  row(["mean of |deviation|", "", "", "", ...setups.map((setup) => `${(mean(deviations[setup]) * 100).toFixed(1)} %`)]);
  return failures > 0 ? 1 : 0;
}

if (import.meta.main) {
  if (Deno.args[0] === "--one") {
    const found = await measureSums(Deno.args[1]).catch((error: Error) => ({ error: error.message.split("\n")[0] }));
    console.log(`\n${mark}${JSON.stringify(found)}`);
  } else {
    Deno.exit(await main(Deno.args.length > 0 ? Deno.args : defaults));
  }
}

/**
 * How long `predict` takes a layer in networks of more and more layers, whole processes, the start taken off:
 * `deno run -A bench/deep_networks.ts`. The goal: 10,000 layers take at most twice as long a layer as 1,000.
 *
 * @module
 */
import { median } from "../lib/learn/metrics.ts";

const root = new URL("..", import.meta.url);
const folder = await Deno.makeTempDir();

/** A chain in which every layer but one reads the layer before; and one in which all read the same tensor. */
const shapes = {
  chain: "for (let i = 0; i < N / 2; i++) x = x.conv(8, { kernel: 3, pad: 1, activation: 'relu' }); return x;",
  fan: "const a = []; for (let i = 0; i < N - 1; i++) a.push(x.conv(8, { kernel: 1 })); return concat(...a);",
};

async function seconds(body: string, layers: number): Promise<number> {
  const file = `${folder}/deep.np.ts`;
  await Deno.writeTextFile(
    file,
    `import { concat, network } from "neuralpower/dsl";
export default network("deep", { image: [8, 8, 8] }, (x) => { ${body.replaceAll("N", String(layers))} });
`,
  );
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const begin = performance.now();
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-q", "--no-prompt", "--v8-flags=--no-lazy", "-P=predict"],
        ...["lib/commands/main.ts", "predict", file, "--format", "json"],
      ],
      cwd: root,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    times.push((performance.now() - begin) / 1000);
  }
  return median(times);
}

for (const [name, body] of Object.entries(shapes)) {
  const start = await seconds(body, 4);
  const micros: number[] = [];
  for (const layers of [1000, 10_000]) {
    micros.push((await seconds(body, layers) - start) / layers * 1e6);
    console.log(`${name.padEnd(6)} ${String(layers).padStart(6)} layers  ${micros.at(-1)!.toFixed(1)} µs a layer`);
  }
  console.log(`${name.padEnd(6)} ratio ${(micros[1] / micros[0]).toFixed(2)}`);
}
await Deno.remove(folder, { recursive: true });

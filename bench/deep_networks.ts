/**
 * How long `predict` takes a layer in networks of more and more layers, as a table and as JSON, whole processes, the start taken off:
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

const formats = ["table", "json"] as const;

async function seconds(body: string, layers: number, format: (typeof formats)[number]): Promise<number> {
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
        ...["lib/commands/main.ts", "predict", file, "--format", format],
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
  for (const format of formats) {
    const what = `${name.padEnd(6)} ${format.padEnd(6)}`;
    const start = await seconds(body, 4, format);
    const micros: number[] = [];
    for (const layers of [1000, 10_000]) {
      micros.push((await seconds(body, layers, format) - start) / layers * 1e6);
      console.log(`${what} ${String(layers).padStart(6)} layers  ${micros.at(-1)!.toFixed(1)} µs a layer`);
    }
    console.log(`${what} ratio ${(micros[1] / micros[0]).toFixed(2)}`);
  }
}
await Deno.remove(folder, { recursive: true });

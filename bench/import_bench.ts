/**
 * What reading a large ONNX file takes: writes networks with weights of 100 MB to 1.9 GB, loads each in a process of its own, and prints the
 * process's time and greatest memory. Weights are not read, so neither grows with the file.
 *
 * `deno run -A bench/import_bench.ts`; ends with status 1 where a process took more than 200 MB.
 *
 * @module
 */
import { network } from "neuralpower/dsl";
import { writeOnnxFile } from "../lib/commands/export.ts";
import { userPath } from "../lib/commands/user_path.ts";
import { readApart } from "./read_apart.ts";

const mostMB = 200;

/** A network of so many bytes of weights: dense layers of 4096 × 4096, 64 MiB each. */
function wide(megabytes: number) {
  const layers = Math.ceil(megabytes * 1e6 / 2 ** 26);
  return network(`wide_${megabytes}_mb`, { vector: 4096 }, (x) => {
    let y = x;
    for (let i = 0; i < layers; i++) y = y.dense(4096, { activation: "relu" });
    return y;
  }).build();
}

const folder = Deno.args[0] === undefined ? await Deno.makeTempDir() : userPath(Deno.args[0]);
let failed = false;
try {
  console.log("file MB  layers  read ms  process ms  peak MB");
  for (const megabytes of [100, 500, 1000, 1900]) {
    const path = `${folder}/wide_${megabytes}.onnx`;
    const bytes = await writeOnnxFile(wide(megabytes), path);
    const start = performance.now();
    const { layers, milliseconds, peakMB } = await readApart(path);
    const whole = performance.now() - start;
    if (peakMB === null) throw new Error("This system does not tell a process's greatest memory; run it on Linux");
    failed ||= peakMB > mostMB;
    const columns = [[bytes / 1e6, 7], [layers, 8], [milliseconds, 9], [whole, 12], [peakMB, 9]];
    console.log(columns.map(([value, width]) => value.toFixed(0).padStart(width)).join(""));
    await Deno.remove(path);
  }
} finally {
  if (Deno.args[0] === undefined) await Deno.remove(folder, { recursive: true });
}
if (failed) console.error(`error: reading took more than ${mostMB} MB`);
Deno.exit(failed ? 1 : 0);

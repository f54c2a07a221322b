/**
 * How long `predict nets/alexnet.np.ts` takes beside an empty script, whole processes in turn, caches warm:
 * `deno run -A bench/cold_start.ts [RUNS]`. The goal is a ratio of at most 3.
 *
 * @module
 */
import { median } from "../lib/learn/metrics.ts";

const root = new URL("..", import.meta.url);
const empty = await Deno.makeTempFile({ suffix: ".ts" });
const commands = {
  empty: ["run", "-q", empty],
  // As the task's line in deno.json: functions compiled at once are kept in the code cache, those compiled when called are not.
  predict: [
    ...["run", "-q", "--no-prompt", "--v8-flags=--no-lazy", "-P=predict"],
    ...["lib/commands/main.ts", "predict", "nets/alexnet.np.ts"],
  ],
};
const runs = Number(Deno.args[0] ?? 20);
const times: Record<keyof typeof commands, number[]> = { empty: [], predict: [] };

for (let run = -1; run < runs; run++) {
  for (const [name, args] of Object.entries(commands) as [keyof typeof commands, string[]][]) {
    const begin = performance.now();
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: root,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`${name} failed: ${new TextDecoder().decode(stderr)}`);
    // The first run of each fills the caches.
    if (run >= 0) times[name].push(performance.now() - begin);
  }
}
await Deno.remove(empty);
const ratios = times.predict.map((time, run) => time / times.empty[run]);
console.log(`empty script  ${median(times.empty).toFixed(1)} ms`);
console.log(`predict       ${median(times.predict).toFixed(1)} ms`);
console.log(`ratio         ${median(ratios).toFixed(2)} (median of ${runs} pairs)`);

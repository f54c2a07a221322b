/**
 * How far processes of one host differ: `deno run -A bench/anchor_by_process.ts --provider cuda --out FILE.csv`. Each process times the
 * anchor (`jobs.ts`) several times. Kernels that take no longer than their launches show how fast a process launches.
 *
 * @module
 */
import { type Command, print, runCommand, UsageError, userPath, writeWhole } from "../lib/commands/cli.ts";
import { median } from "../lib/learn/metrics.ts";
import { formatCsv } from "../lib/table.ts";
import { anchor } from "./jobs.ts";
import { providers } from "./ort/session.ts";
import { Runner } from "./runner.ts";
import { cudaLibraryPath } from "./setup_cuda.ts";

const command: Command = {
  name: "anchor_by_process",
  call: "deno run -A bench/anchor_by_process.ts",
  takes: "--provider NAME --out FILE.csv",
  summary: "Tells how far processes of one host differ.",
  options: {
    provider: { value: "NAME", help: providers.join(", ") },
    processes: { value: "N", help: "how many (3 by default)" },
    trials: { value: "N", help: "how often each times the network (8 by default)" },
    out: { value: "FILE.csv", help: "each trial's time" },
    help: { help: "print this" },
  },
  examples: ["deno run -A bench/anchor_by_process.ts --provider cuda --out data/h200-ort/anchor_by_process.csv"],
  run: async (args) => {
    const provider = args.choice("provider", providers), out = args.text("out");
    if (provider === undefined || out === undefined) {
      throw new UsageError("Give both --provider NAME and --out FILE.csv");
    }
    const [processes, trials] = [args.whole("processes") ?? 3, args.whole("trials") ?? 8];
    const env: Record<string, string> = provider === "cuda" ? { LD_LIBRARY_PATH: await cudaLibraryPath() } : {};
    const rows: Record<string, string>[] = [];
    for (let process = 1; process <= processes; process++) {
      const runner = new Runner({ env });
      const times: number[] = [];
      for (let trial = 1; trial <= trials; trial++) {
        const reply = await runner.run({ kind: "network", job: anchor, provider, powerMs: null });
        if ("error" in reply) throw new Error(`${anchor.source} was not measured: ${reply.error}`);
        const { ms, spreadMs } = reply.result;
        times.push(ms);
        rows.push({
          ...{ process: `${process}`, trial: `${trial}`, measured_at: new Date().toISOString() },
          ...{ runtime_ms: ms.toFixed(4), runtime_ms_spread: spreadMs.toFixed(4) },
        });
      }
      await runner.close();
      print(`process ${process}: ${median(times).toFixed(3)} ms (median of ${trials})`);
    }
    const header = ["process", "trial", "runtime_ms", "runtime_ms_spread", "measured_at"];
    await writeWhole(userPath(out), await formatCsv(header, rows));
    return 0;
  },
};

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));

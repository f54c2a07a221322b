/**
 * The commands' entry: `main.ts COMMAND …`. Each command's module is loaded only when it is called.
 *
 * @module
 */
import type { Command } from "./cli.ts";
import { endNets, startEarly } from "./net_process.ts";

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  predict: async () => (await import("./predict.ts")).predictCommand,
  show: async () => (await import("./show.ts")).showCommand,
  compare: async () => (await import("./compare.ts")).compareCommand,
  devices: async () => (await import("./devices.ts")).devicesCommand,
  export: async () => (await import("./export.ts")).exportCommand,
  import: async () => (await import("./import.ts")).importCommand,
  fit: async () => (await import("./fit.ts")).fitCommand,
};

/** The commands that build networks: their net file's process starts while their own modules load. */
const buildNetworks = ["predict", "compare", "show", "export", "import"];

/** Runs a command line and returns the exit status. */
async function main([name, ...argv]: readonly string[]): Promise<number> {
  if (Object.hasOwn(commands, name ?? "")) {
    if (buildNetworks.includes(name)) await startEarly(argv);
    // One after the other: each import makes a graph of modules anew, and the command's own has this one, too.
    const command = await commands[name]();
    const { runCommand } = await import("./cli.ts");
    const status = await runCommand(command, argv);
    await endNets();
    return status;
  }
  const { plain } = await import("../report/text_table.ts");
  const what = name === undefined ? "No command" : `Unknown command "${plain(name)}"`;
  console.error(`error: ${what}; there are ${Object.keys(commands).join(", ")}`);
  return 2;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

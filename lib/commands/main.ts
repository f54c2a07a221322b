/**
 * The commands' entry: `main.ts COMMAND …`. Each command's module is loaded only when it is called.
 *
 * @module
 */
import { plain } from "../report/text_table.ts";
import { type Command, runCommand } from "./cli.ts";

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  predict: async () => (await import("./predict.ts")).predictCommand,
  show: async () => (await import("./show.ts")).showCommand,
  devices: async () => (await import("./devices.ts")).devicesCommand,
  export: async () => (await import("./export.ts")).exportCommand,
  fit: async () => (await import("./fit.ts")).fitCommand,
};

/** Runs a command line and returns the exit status. */
async function main([name, ...argv]: readonly string[]): Promise<number> {
  if (Object.hasOwn(commands, name ?? "")) return await runCommand(await commands[name](), argv);
  const what = name === undefined ? "No command" : `Unknown command "${plain(name)}"`;
  console.error(`error: ${what}; there are ${Object.keys(commands).join(", ")}`);
  return 2;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

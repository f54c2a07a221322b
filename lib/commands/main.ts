/**
 * The commands' entry: `main.ts COMMAND …`. Each command's module is loaded only when it is called.
 *
 * @module
 */
import { plain } from "../report/text_table.ts";
import { Arguments, type Command, helpText, print, UsageError } from "./cli.ts";

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  predict: async () => (await import("./predict.ts")).predictCommand,
  show: async () => (await import("./show.ts")).showCommand,
  devices: async () => (await import("./devices.ts")).devicesCommand,
  export: async () => (await import("./export.ts")).exportCommand,
  fit: async () => (await import("./fit.ts")).fitCommand,
};

/** Runs a command line and returns the exit status: 0 fine, 1 failed, 2 wrong use. */
async function main([name, ...argv]: readonly string[]): Promise<number> {
  try {
    if (!Object.hasOwn(commands, name ?? "")) {
      throw new UsageError(
        `${name === undefined ? "No command" : `Unknown command "${name}"`}; there are ${
          Object.keys(commands).join(", ")
        }`,
      );
    }
    const command = await commands[name]();
    if (argv.includes("--help") || argv.includes("-h")) {
      print(helpText(command));
      return 0;
    }
    return await command.run(new Arguments(command, argv));
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    console.error(`error: ${plain(message)}`);
    if (error instanceof UsageError && Object.hasOwn(commands, name)) {
      console.error(`\`deno task ${name} --help\` tells more`);
    }
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

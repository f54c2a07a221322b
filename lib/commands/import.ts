/**
 * `deno task import`: a network from a file of another form as DSL source, to go on designing from.
 *
 * @module
 */
import { networkSource } from "../../dsl/formats/source.ts";
import { plain } from "../report/text_table.ts";
import { type Arguments, type Command, UsageError, userPath, writeWhole } from "./cli.ts";
import { loadNetworkFile, networkEndings, networkOptions, readNetworkOptions } from "./network_file.ts";

/** The command. */
export const importCommand: Command = {
  name: "import",
  takes: "FILE --out X.np.ts",
  summary: `Writes a network as DSL source with the same layers. FILE is one of ${networkEndings.join(", ")}.`,
  options: {
    out: { value: "X.np.ts", help: "the file to write; needed" },
    ...networkOptions,
    help: { help: "print this" },
  },
  examples: [
    "deno task import resnet50.onnx --out nets/my_resnet50.np.ts",
    "deno task import detector.onnx --shape images=1x3x640x640 --out detector.np.ts",
  ],
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.positional.length !== 1) throw new UsageError(`Give one file, got ${args.positional.length}`);
  const [file] = args.positional;
  const out = args.text("out");
  if (out === undefined) throw new UsageError("Say where to write: --out X.np.ts");
  if (!out.endsWith(".np.ts")) throw new UsageError(`--out must end with .np.ts, got "${out}"`);
  const network = await loadNetworkFile(file, readNetworkOptions(args));
  const from = plain(file.split(/[\\/]/).at(-1)!);
  const comment = `Written by \`deno task import\` from ${from}; layers are named after that file's.`;
  await writeWhole(userPath(out), networkSource(network, { comment }));
  console.error(`Wrote ${out}, ${network.layers.length} layers`);
  return 0;
}

/**
 * `deno task models`: fits every shipped model again, each by the command that its file names: of the public sets, then of this project's
 * own measurements.
 *
 * @module
 */
/** The files and options of each model of a public set. */
const sets: Readonly<Record<string, readonly string[]>> = {
  justus2018: ["1080TI", "M60", "P100", "V100"].map((card) =>
    `justus2018/conv_${card}.csv justus2018/dense_${card}.csv`
  ),
  willowec: ["broadwell-ep", "raptorlake"].map((cpu) =>
    ["conv", "linear", "pool"].map((kind) => `willowec/${cpu}_${kind}.csv`).join(" ")
  ),
  tinynas: ["tinynas/conv_V100_trt_fp32.csv tinynas/conv_V100_trt_fp16.csv"],
  neusight: ["a100", "p100", "t4", "v100-pcie"].map((card) => `neusight/conv_forward.csv --device ${card}-pytorch`),
};
const measured = [...Deno.readDirSync(new URL("../data", import.meta.url))].filter(({ isDirectory }) => isDirectory)
  .map(({ name }) => name).sort();

const fits = [
  ...Object.entries(sets).flatMap(([set, models]) => models.map((model) => ["--format", set, ...model.split(" ")])),
  ...measured.map((name) => [`data/${name}`]),
];
for (const options of fits) {
  const command = new Deno.Command(Deno.execPath(), { args: ["task", "fit", ...options, ...Deno.args] });
  const { success } = await command.spawn().status;
  if (!success) Deno.exit(1);
}

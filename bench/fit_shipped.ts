/**
 * `deno task models`: fits every shipped model again, each by the command that its file names.
 *
 * @module
 */
/** The files and options of each model, by set. */
const models: Readonly<Record<string, readonly string[]>> = {
  justus2018: ["1080TI", "M60", "P100", "V100"].map((card) =>
    `justus2018/conv_${card}.csv justus2018/dense_${card}.csv`
  ),
  willowec: ["broadwell-ep", "raptorlake"].map((cpu) =>
    ["conv", "linear", "pool"].map((kind) => `willowec/${cpu}_${kind}.csv`).join(" ")
  ),
  tinynas: ["tinynas/conv_V100_trt_fp32.csv tinynas/conv_V100_trt_fp16.csv"],
  neusight: ["a100", "p100", "t4", "v100-pcie"].map((card) => `neusight/conv_forward.csv --device ${card}-pytorch`),
};
for (const [set, options] of Object.entries(models)) {
  for (const option of options) {
    const args = ["task", "fit", "--format", set, ...option.split(" "), ...Deno.args];
    const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
    if (!success) Deno.exit(1);
  }
}

/**
 * `deno task models`: fits every shipped model again, each by the command that its file names.
 *
 * @module
 */
const files: Readonly<Record<string, readonly string[]>> = {
  justus2018: ["1080TI", "M60", "P100", "V100"].map((card) =>
    `justus2018/conv_${card}.csv justus2018/dense_${card}.csv`
  ),
  willowec: ["broadwell-ep", "raptorlake"].map((cpu) =>
    ["conv", "linear", "pool"].map((kind) => `willowec/${cpu}_${kind}.csv`).join(" ")
  ),
};
for (const [set, devices] of Object.entries(files)) {
  for (const device of devices) {
    const args = ["task", "fit", "--format", set, ...device.split(" "), ...Deno.args];
    const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
    if (!success) Deno.exit(1);
  }
}

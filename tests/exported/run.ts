/**
 * `deno task test:exported`: networks of torchvision and timm, exported by both of PyTorch's exporters, have as many multiply-adds here as
 * PyTorch counts, exactly, and as many parameters: those of the network where nothing was folded, else those in the file.
 *
 * Makes a Python environment of 5.5 GB in `.cache/exported`, once; needs python3 and a package index. Files are written to a temporary folder
 * one network at a time, or stay in the folder after `--keep`, where a later run finds them. Names after the command choose networks:
 * `deno task test:exported timm/ghostnet_100`. What is printed is a table in Markdown.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { readApart } from "../../bench/read_apart.ts";

const requirements = ["torch==2.15.0", "torchvision==0.29.2", "timm==1.0.31", "onnx==1.23.2", "onnxscript==0.7.2"];
const environment = decodeURIComponent(new URL("../../.cache/exported/", import.meta.url).pathname);
const python = `${environment}bin/python`;
const script = decodeURIComponent(new URL("export.py", import.meta.url).pathname);

/** Networks by families. */
const families: Readonly<Record<string, readonly string[]>> = {
  "plain": ["torchvision/alexnet", "torchvision/squeezenet1_1"],
  "residual": [
    ...["torchvision/resnet18", "timm/nf_resnet26", "timm/res2net50_26w_4s", "timm/cspresnet50", "timm/dla34"],
    ...["timm/eca_nfnet_l0", "timm/tresnet_m", "timm/rdnet_tiny"],
  ],
  "attention to channels": ["timm/ecaresnet26t", "timm/skresnet18", "timm/resnest14d"],
  "attention to places": ["timm/botnet26t_256", "timm/lambda_resnet26t"],
  "grouped": ["torchvision/resnext50_32x4d", "torchvision/regnet_y_400mf"],
  "dense": ["torchvision/densenet121", "timm/dpn68", "timm/ese_vovnet19b_dw", "timm/hgnetv2_b0"],
  "inception": ["torchvision/googlenet", "torchvision/inception_v3", "timm/inception_next_atto"],
  "inverted residual": ["torchvision/mobilenet_v2", "timm/mobilenetv4_conv_small", "torchvision/mnasnet0_5"],
  "inverted residual with squeeze-excite": [
    ...[
      "torchvision/mobilenet_v3_large",
      "torchvision/efficientnet_b0",
      "timm/tf_efficientnetv2_b0",
      "timm/rexnet_100",
    ],
  ],
  "shuffle, ghost": ["torchvision/shufflenet_v2_x1_0", "timm/ghostnet_100"],
  "re-parameterised": ["timm/repvgg_a0", "timm/mobileone_s0", "timm/fastvit_t8", "timm/repvit_m1"],
  "several resolutions": ["timm/hrnet_w18_small"],
  "ConvNeXt": ["torchvision/convnext_tiny", "timm/convnextv2_atto", "timm/fasternet_t0"],
  "gates, modulation": ["timm/focalnet_tiny_srf", "timm/mambaout_femto", "timm/starnet_s1"],
  "perceptrons, pools": ["timm/mixer_s32_224", "timm/gmlp_s16_224", "timm/resmlp_12_224", "timm/poolformer_s12"],
  "ViT": ["torchvision/vit_b_16", "timm/deit_tiny_patch16_224", "timm/cait_xxs24_224", "timm/convit_tiny"],
  "ViT of several scales": [
    ...["timm/pvt_v2_b0", "timm/twins_pcpvt_small", "timm/crossvit_9_240", "timm/mvitv2_tiny", "timm/davit_tiny"],
    ...["timm/coat_lite_tiny", "timm/volo_d1_224"],
  ],
  "Swin": ["torchvision/swin_t", "torchvision/swin_v2_t", "timm/swinv2_cr_tiny_ns_224"],
  "convolutions and attention": [
    ...["torchvision/maxvit_t", "timm/levit_128s", "timm/mobilevit_xxs", "timm/efficientformer_l1"],
    ...["timm/xcit_nano_12_p16_224", "timm/edgenext_xx_small", "timm/efficientvit_m0", "timm/caformer_s18"],
  ],
  "segmentation": ["segmentation/deeplabv3_mobilenet_v3_large", "segmentation/fcn_resnet50"],
};

/** What export.py prints of a network. */
interface Exported {
  readonly name: string;
  readonly macs: number;
  readonly params: number;
  /** What of these is of constants alone, and so of no layer. */
  readonly left: { readonly macs: number; readonly params: number };
  readonly files: Readonly<Record<string, { readonly path: string; readonly bytes: number; readonly params: number }>>;
  readonly failed: Readonly<Record<string, string>>;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, { args: [...args], stderr: "inherit" }).output();
  if (!success) throw new Error(`${program} ${args.slice(0, 3).join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

async function isThere(): Promise<boolean> {
  try {
    const args = ["-c", "import torch, torchvision, timm, onnx, onnxscript"];
    return (await new Deno.Command(python, { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

async function install(): Promise<void> {
  if (await isThere()) return;
  console.log(`Installing ${requirements.join(", ")} into ${environment}`);
  await run("python3", ["-m", "venv", environment]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...requirements]);
}

/** A network's files in a folder: those that lie there from an earlier run, or new ones. */
async function exportsOf(name: string, folder: string): Promise<Exported> {
  const told = `${folder}/${name.replace("/", "_")}.json`;
  const text = await Deno.readTextFile(told).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return run(python, [script, folder, name]);
  });
  const exported: Exported = JSON.parse(text);
  await Deno.writeTextFile(told, text);
  return exported;
}

const heads = [
  ...["network", "family", "exporter", "layers", "params", "macs", "PyTorch's macs"],
  ...["file MB", "read ms", "peak MB", ""],
];

function row(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

/** Compares one file and prints it as a row of the table. Gives what differs, if anything does. */
async function compare(exported: Exported, exporter: string): Promise<string> {
  const { name, macs, params, left, files } = exported;
  const { path, bytes, params: inFile } = files[exporter];
  const wanted = { macs: macs - left.macs, params: exporter === "script" ? params - left.params : inFile };
  const read = await readApart(path);
  const wrong = (["macs", "params"] as const).filter((what) => read[what] !== wanted[what])
    .map((what) => `${what} ${read[what]} instead of ${wanted[what]}`).join(", ");
  const leftOut = (["macs", "params"] as const).filter((what) => left[what] !== 0).map((what) =>
    left[what] > 0 ? `${left[what]} ${what} of constants` : `${-left[what]} ${what} that PyTorch keeps as buffers`
  );
  row([
    ...[name, familyOf(name), exporter, read.layers, read.params, read.macs, macs],
    ...[(bytes / 1e6).toFixed(0), read.milliseconds.toFixed(0), read.peakMB?.toFixed(0) ?? "?"],
    wrong || ["as PyTorch", ...leftOut].join(" but for "),
  ]);
  return wrong;
}

function familyOf(name: string): string {
  return Object.keys(families).find((family) => families[family].includes(name)) ?? "";
}

/** Compares a network's files. Gives what differs or fails, a line for each file. */
async function compareAll(name: string, folder: string): Promise<string[]> {
  const failed = (exporter: string, what: string) =>
    row([name, familyOf(name), exporter, ...Array<string>(heads.length - 4).fill(""), what]);
  const told = (exporter: string) => (error: Error) => {
    failed(exporter, error.message);
    return error.message;
  };
  const exported = await exportsOf(name, folder).catch(told(""));
  if (typeof exported === "string") return [`${name}: ${exported}`];
  for (const [exporter, reason] of Object.entries(exported.failed)) failed(exporter, `is not exported: ${reason}`);
  const exporters = Object.keys(exported.files);
  if (exporters.length === 0) return [`${name}: is not exported at all`];
  const wrong: string[] = [];
  for (const exporter of exporters) {
    compared++;
    const differs = await compare(exported, exporter).catch(told(exporter));
    if (differs !== "") wrong.push(`${name} (${exporter}): ${differs}`);
  }
  return wrong;
}

let compared = 0;

if (import.meta.main) {
  const { keep, _: named } = parseArgs(Deno.args, { string: ["keep", "_"] });
  await install();
  const wrong: string[] = [];
  row(heads);
  row(heads.map(() => "---"));
  for (const name of named.length > 0 ? named.map(String) : Object.values(families).flat()) {
    const folder = keep ?? await Deno.makeTempDir();
    try {
      await Deno.mkdir(folder, { recursive: true });
      for (const differs of await compareAll(name, folder)) wrong.push(differs);
    } finally {
      if (keep === undefined) await Deno.remove(folder, { recursive: true });
    }
  }
  console.log(`\n${compared} files compared, ${wrong.length} differ`);
  for (const what of wrong) console.log(what);
  Deno.exit(wrong.length > 0 ? 1 : 0);
}

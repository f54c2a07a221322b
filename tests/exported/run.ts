/**
 * `deno task test:exported`: networks of torchvision and timm, exported by both of PyTorch's exporters, have as many multiply-adds here as
 * PyTorch counts, exactly, and as many parameters: those of the network where nothing was folded, else those in the file.
 *
 * Makes a Python environment of 5.5 GB in `.cache/exported`, once; needs python3 and a package index. Files are written to a temporary folder
 * one network at a time. Names after the command choose networks: `deno task test:exported timm/ghostnet_100`.
 *
 * @module
 */
import { networkCost } from "neuralpower/dsl";
import { readOnnx } from "../../dsl/formats/onnx_read.ts";
import type { ByteSource } from "../../dsl/formats/format_error.ts";

const requirements = ["torch==2.15.0", "torchvision==0.29.2", "timm==1.0.31", "onnx==1.23.2", "onnxscript==0.7.2"];
const environment = decodeURIComponent(new URL("../../.cache/exported/", import.meta.url).pathname);
const python = `${environment}bin/python`;
const script = decodeURIComponent(new URL("export.py", import.meta.url).pathname);

/** Networks of as many families as there are. */
const networks: readonly string[] = [
  ...["alexnet", "squeezenet1_1", "resnet18", "resnext50_32x4d", "densenet121", "googlenet", "inception_v3"],
  ...["mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x1_0", "efficientnet_b0", "regnet_y_400mf", "convnext_tiny"],
  ...["vit_b_16", "swin_t", "swin_v2_t", "maxvit_t"],
].map((name) => `torchvision/${name}`).concat(
  [
    ...["resnest14d", "ghostnet_100", "repvgg_a0", "mobileone_s0", "res2net50_26w_4s", "dpn68", "hrnet_w18_small"],
    ...["ecaresnet26t", "skresnet18", "cspresnet50", "nf_resnet26", "mobilenetv4_conv_small", "tf_efficientnetv2_b0"],
    ...["convnextv2_atto", "poolformer_s12", "mixer_s32_224", "gmlp_s16_224", "resmlp_12_224", "deit_tiny_patch16_224"],
    ...["levit_128s", "pvt_v2_b0", "mobilevit_xxs", "xcit_nano_12_p16_224", "cait_xxs24_224", "fastvit_t8"],
    ...["efficientformer_l1", "coat_tiny", "twins_pcpvt_small", "volo_d1_224", "crossvit_9_240"],
  ].map((name) => `timm/${name}`),
  ["deeplabv3_mobilenet_v3_large", "fcn_resnet50"].map((name) => `segmentation/${name}`),
);

/**
 * Multiply-adds that PyTorch counts and no layer here has: encodings of positions, made of constants alone, go through a convolution, which
 * runtimes compute once when they load a network.
 */
const ofConstants: Readonly<Record<string, number>> = { "timm/xcit_nano_12_p16_224": 14 * 14 * 64 * 128 };

/** What export.py prints of a network. */
interface Exported {
  readonly name: string;
  readonly macs: number;
  readonly params: number;
  readonly files: Readonly<Record<string, { readonly path: string; readonly bytes: number; readonly params: number }>>;
  readonly failed: Readonly<Record<string, string>>;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, { args: [...args], stderr: "inherit" }).output();
  if (!success) throw new Error(`${program} ${args.slice(0, 3).join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

async function install(): Promise<void> {
  const probe = new Deno.Command(python, {
    args: ["-c", "import torch, torchvision, timm, onnx, onnxscript"],
    stderr: "null",
  });
  if (await probe.output().then(({ success }) => success, () => false)) return;
  console.log(`Installing ${requirements.join(", ")} into ${environment}`);
  await run("python3", ["-m", "venv", environment]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...requirements]);
}

function fileSource(path: string): ByteSource & Disposable {
  const file = Deno.openSync(path);
  return {
    byteLength: file.statSync().size,
    read(offset, target) {
      file.seekSync(offset, Deno.SeekMode.Start);
      let length = 0;
      for (let more: number | null = 1; length < target.byteLength && more; length += more ?? 0) {
        more = file.readSync(target.subarray(length));
      }
      return length;
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/** Compares one file; says what differs, or nothing. */
function compare({ name, macs, params, files }: Exported, exporter: string): string[] {
  const { path, bytes, params: inFile } = files[exporter];
  const wanted = { macs: macs - (ofConstants[name] ?? 0), params: exporter === "script" ? params : inFile };
  const start = performance.now();
  using source = fileSource(path);
  const network = readOnnx(source);
  const milliseconds = performance.now() - start;
  const cost = networkCost(network);
  const columns = [
    ...[name.padEnd(40), exporter.padEnd(7), `${network.layers.length}`.padStart(5), `${cost.macs}`.padStart(12)],
    ...[
      `${cost.params}`.padStart(10),
      `${(bytes / 2 ** 20).toFixed(0)} MiB`.padStart(8),
      `${milliseconds.toFixed(0)} ms`.padStart(8),
    ],
  ];
  const wrong = (["macs", "params"] as const).filter((what) => cost[what] !== wanted[what]).map((what) =>
    `${what} ${cost[what]} instead of ${wanted[what]}`
  );
  console.log(columns.join(" "), wrong.length === 0 ? "as PyTorch" : wrong.join(", "));
  return wrong.map((what) => `${name} (${exporter}): ${what}`);
}

if (import.meta.main) {
  await install();
  const wrong: string[] = [];
  let compared = 0;
  for (const name of Deno.args.length > 0 ? Deno.args : networks) {
    const folder = await Deno.makeTempDir();
    try {
      const exported: Exported = JSON.parse(await run(python, [script, folder, name]));
      for (const [exporter, reason] of Object.entries(exported.failed)) {
        console.log(name.padEnd(40), exporter.padEnd(7), `is not exported: ${reason}`);
      }
      for (const exporter of Object.keys(exported.files)) {
        compared++;
        try {
          wrong.push(...compare(exported, exporter));
        } catch (error) {
          wrong.push(`${name} (${exporter}): ${(error as Error).message}`);
          console.log(wrong.at(-1));
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  console.log(`\n${compared} files compared, ${wrong.length} differences`);
  for (const what of wrong) console.log(what);
  Deno.exit(wrong.length > 0 ? 1 : 0);
}

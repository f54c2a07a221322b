/**
 * The zoo: each network's totals against figures from elsewhere, its layers against a golden file, and that it can be built otherwise.
 *
 * After a wanted change, rewrite the golden files and review their difference:
 * `UPDATE_GOLDEN=1 deno test --allow-env=UPDATE_GOLDEN --allow-read=. --allow-write=tests/golden tests/zoo_test.ts`
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { cost, type Network, networkCost, type NetworkDefinition, type Shape } from "neuralpower/dsl";
import alexnet from "../nets/alexnet.np.ts";
import cifar10_6conv from "../nets/cifar10_6conv.np.ts";
import convnext_tiny from "../nets/convnext_tiny.np.ts";
import densenet121 from "../nets/densenet121.np.ts";
import efficientnet_b0 from "../nets/efficientnet_b0.np.ts";
import efficientnet_v2_s from "../nets/efficientnet_v2_s.np.ts";
import googlenet from "../nets/googlenet.np.ts";
import inception_v3 from "../nets/inception_v3.np.ts";
import mobilenet_v2 from "../nets/mobilenet_v2.np.ts";
import mobilenet_v3_large from "../nets/mobilenet_v3_large.np.ts";
import nin from "../nets/nin.np.ts";
import overfeat from "../nets/overfeat.np.ts";
import regnet_y_400mf from "../nets/regnet_y_400mf.np.ts";
import resnet18 from "../nets/resnet18.np.ts";
import resnet50 from "../nets/resnet50.np.ts";
import shufflenet_v2 from "../nets/shufflenet_v2.np.ts";
import squeezenet1_1 from "../nets/squeezenet1_1.np.ts";
import swin_t from "../nets/swin_t.np.ts";
import unet from "../nets/unet.np.ts";
import vgg16 from "../nets/vgg16.np.ts";
import vit_b_16 from "../nets/vit_b_16.np.ts";
import yolo_neck from "../nets/yolo_neck.np.ts";

interface Expected {
  readonly net: NetworkDefinition;
  readonly params: number;
  /** Multiply-adds for one image. */
  readonly macs: number;
  /** Multiply-adds of the dense layers after a global pool, which do not grow with the image; for the test at 256 pixels. */
  readonly denseMacs?: number;
  /** Multiply-adds for one image that is 64 pixels higher and 32 wider than the network's own. */
  readonly largerMacs?: number;
  /** Whether there are other layers at another image size: paddings that are needed, shifts that are not. */
  readonly layersVary?: boolean;
}

/**
 * torchvision's models. Its documentation states these parameters (for inception_v3 it counts the auxiliary head's 3,326,696 too) and
 * the multiply-adds to a million, which it calls GFLOPS.
 */
const torchvision: readonly Expected[] = [
  { net: alexnet, params: 61_100_840, macs: 714_188_480 },
  { net: densenet121, params: 7_978_856, macs: 2_834_161_664, denseMacs: 1024 * 1000 },
  { net: efficientnet_b0, params: 5_288_548, macs: 385_814_752 },
  { net: googlenet, params: 6_624_904, macs: 1_498_376_192, denseMacs: 1024 * 1000 },
  { net: inception_v3, params: 23_834_568, macs: 5_713_216_096 },
  { net: mobilenet_v2, params: 3_504_872, macs: 300_774_272, denseMacs: 1280 * 1000 },
  { net: resnet50, params: 25_557_032, macs: 4_089_184_256, denseMacs: 2048 * 1000 },
  { net: squeezenet1_1, params: 1_235_496, macs: 349_151_936 },
  { net: vgg16, params: 138_357_544, macs: 15_470_264_320 },
];

/**
 * As PyTorch 2.15.0 and torchvision 0.29.2 count them (`tests/torch_counts.py` prints these numbers). FlopCounterMode counts what this
 * project does, and nothing differs: a multiply-add each for convolutions with their padding, dense layers, and an attention's two
 * products; none for biases, the scaling of queries, softmax, and the positions added to a window's scores. Swin's paddings at the larger
 * size are counted on both sides. Parameters are also torchvision's documented ones; YOLOv5's are told in the script.
 */
const torch: readonly Expected[] = [
  { net: convnext_tiny, params: 28_589_128, macs: 4_455_531_264, denseMacs: 768_000, largerMacs: 6_546_542_592 },
  { net: efficientnet_v2_s, params: 21_458_488, macs: 8_365_617_152, largerMacs: 10_571_905_664 },
  { net: mobilenet_v3_large, params: 5_483_032, macs: 216_589_760, largerMacs: 316_369_280 },
  { net: regnet_y_400mf, params: 4_344_144, macs: 401_842_848, largerMacs: 589_945_312 },
  { net: resnet18, params: 11_689_512, macs: 1_814_073_344, denseMacs: 512_000, largerMacs: 2_665_336_832 },
  { net: shufflenet_v2, params: 2_278_604, macs: 144_907_992, denseMacs: 1_024_000, largerMacs: 212_445_376 },
  { net: swin_t, params: 28_288_354, macs: 4_490_566_656, largerMacs: 7_955_917_056, layersVary: true },
  { net: unet, params: 31_031_810, macs: 48_171_581_440, largerMacs: 67_741_286_400 },
  { net: vit_b_16, params: 86_567_656, macs: 17_563_828_224 },
  { net: yolo_neck, params: 1_872_157, macs: 2_234_060_800, largerMacs: 2_580_340_224 },
];

/**
 * Sums over the filters of Paleo's JSON files, each h·w·in·out weights and out biases; the weights times the output's pixels, which
 * follow from the files' paddings and strides, are the multiply-adds.
 */
const paleo: readonly Expected[] = [
  // 54²: 34848 + 2·9216; 26²: 614400 + 2·65536; 12²: 884736 + 2·147456; 5²: 3538944 + 1048576 + 1024000. Biases: 6872.
  { net: nin, params: 7_595_176, macs: 969_460_864 },
  // 56²: 23232; 24²: 409600; 12²: 1179648 + 4718592 + 9437184; 1: 113246208 + 12582912 + 4096000. Biases: 11048.
  { net: overfeat, params: 145_704_424, macs: 2_647_011_328 },
  // 32²: 3456 + 147456; 16²: 294912 + 589824; 8²: 1179648 + 2359296; 1: 33554432 + 1048576 + 10240. Biases: 3850.
  { net: cifar10_6conv, params: 39_191_690, macs: 642_131_968 },
];

const zoo = [...torchvision, ...torch, ...paleo];

for (const { net, params, macs, largerMacs, layersVary = false } of zoo) {
  Deno.test(`${net.name}: parameters and multiply-adds`, () => {
    const total = networkCost(net.build({ batch: 1 }));
    assertEquals(total.params, params);
    assertEquals(total.macs, macs);
  });

  Deno.test(`${net.name}: layers as in its golden file`, () => compareGolden(net.name, describe(net.build())));

  Deno.test(`${net.name}: other batch, number format and image size`, () => {
    const one = net.build({ batch: 1 });
    const eight = networkCost(net.build({ batch: 8 }));
    assertEquals(eight.macs, 8 * macs);
    assertEquals(eight.params, params);

    const single = networkCost(one);
    const half = networkCost(net.build({ batch: 1, dtype: "float16" }));
    assertEquals(half, { ...single, bytesRead: single.bytesRead / 2, bytesWritten: single.bytesWritten / 2 });

    const [height, width] = one.inputShape.slice(2);
    const larger = net.build({ batch: 1, image: [height + 64, width + 32] });
    assertEquals(larger.inputShape, [1, 3, height + 64, width + 32]);
    if (largerMacs === undefined) assert(networkCost(larger).macs > macs);
    else assertEquals(networkCost(larger).macs, largerMacs);
    const names = ({ layers }: Network) => layers.map((layer) => layer.name);
    (layersVary ? assertNotEquals : assertEquals)(names(larger), names(one));
  });
}

// At 224 and 256 all their sizes halve evenly, so that the convolutions' multiply-adds grow as the pixels do, here as 8² to 7².
for (const { net, params, macs, denseMacs } of [...torchvision, ...torch]) {
  if (denseMacs === undefined) continue;
  Deno.test(`${net.name}: at 256 pixels`, () => {
    const total = networkCost(net.build({ batch: 1, image: 256 }));
    assertEquals(total.macs, (macs - denseMacs) / 7 ** 2 * 8 ** 2 + denseMacs);
    assertEquals(total.params, params);
  });
}

Deno.test("every file of the zoo is tested, under its own name", () => {
  const files = Array.from(Deno.readDirSync(new URL("../nets", import.meta.url)), (entry) => entry.name);
  assertEquals(zoo.map(({ net }) => `${net.name}.np.ts`).sort(), files.sort());
  const golden = Array.from(Deno.readDirSync(new URL("golden", import.meta.url)), (entry) => entry.name);
  assertEquals(golden.sort(), zoo.map(({ net }) => `${net.name}.txt`).sort());
});

/** A network as text: a line for each layer, then the total, in columns. */
function describe(network: Network): string {
  const show = (shape: Shape) => shape.join("×");
  const header = ["name", "kind", "op", "inputs", "input shape", "output shape", "MACs", "params"];
  const layers = network.layers.map((layer) => {
    const { macs, params } = cost(layer, network.dtype);
    return [
      layer.name,
      layer.kind,
      layer.op,
      layer.inputs.join(","),
      show(layer.inputShape),
      show(layer.outputShape),
      `${macs}`,
      `${params}`,
    ];
  });
  const { macs, params } = networkCost(network);
  const outputShape = network.layers.find((layer) => layer.name === network.outputs[0])!.outputShape;
  const total = ["total", "", "", "", show(network.inputShape), show(outputShape), `${macs}`, `${params}`];
  const rows = [header, ...layers, total];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const align = (cell: string, column: number) =>
    column < 6 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  return rows.map((row) => row.map(align).join("  ") + "\n").join("");
}

/** Fails with the first line that differs; rewrites the file instead when UPDATE_GOLDEN is 1. */
function compareGolden(name: string, actual: string): void {
  const file = new URL(`golden/${name}.txt`, import.meta.url);
  const env = Deno.permissions.querySync({ name: "env", variable: "UPDATE_GOLDEN" });
  if (env.state === "granted" && Deno.env.get("UPDATE_GOLDEN") === "1") return Deno.writeTextFileSync(file, actual);
  const [expectedLines, actualLines] = [Deno.readTextFileSync(file), actual].map((text) => text.split("\n"));
  const count = Math.max(expectedLines.length, actualLines.length);
  for (let i = 0; i < count; i++) {
    if (expectedLines[i] === actualLines[i]) continue;
    throw new Error(
      `tests/golden/${name}.txt differs from line ${i + 1} on:\n- ${expectedLines[i] ?? "(end of the file)"}\n+ ${
        actualLines[i] ?? "(no more layers)"
      }\nIf this is wanted, update it as the head of tests/zoo_test.ts says.`,
    );
  }
}

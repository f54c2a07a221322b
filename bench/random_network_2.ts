/**
 * The second generator of random networks: what networks have drawn since convolutions alone were not enough. Transformers on image and
 * window tokens, ConvNeXt's and ShuffleNet's blocks, encoders and decoders, and every other function, normalisation and move of the DSL
 * at configurations that fill the space.
 *
 * As the first one it is part of the data: `random-2:SEED` makes the same network for ever.
 *
 * @module
 */
import {
  activations,
  add,
  concat,
  concatAlong,
  div,
  type ImageValue,
  matmul,
  maximum,
  minimum,
  mul,
  network,
  networkCost,
  type NetworkDefinition,
  parameter,
  pow,
  sub,
  type TokensValue,
  type Value,
  where,
} from "neuralpower/dsl";
import { Random } from "./random.ts";
import { convolution, gated, head, most, width } from "./random_network.ts";

/** What a source in `networks.csv` begins with. */
export const generator = "random-2";

/** The functions that this version draws from: a longer list would make other networks of the same seeds. */
const functions = activations.slice(0, 13);

/** The network of a seed. */
export function randomNetwork2(seed: number): NetworkDefinition {
  for (let draw = 0;; draw++) {
    const definition = describe(seed, draw);
    const { macs, params, bytesWritten } = networkCost(definition.build());
    if (macs <= most.macs && params <= most.params && bytesWritten <= 4e8) return definition;
  }
}

function describe(seed: number, draw: number): NetworkDefinition {
  const first = new Random(seed, draw, 2);
  const batch = first.pick([1, 1, 2, 4, 8]);
  const style = first.pick(
    ["operators", "operators", "transformer", "windows", "convnext", "shuffle", "decoder"] as const,
  );
  // Sides that windows and three halvings divide, and others.
  const side = style === "windows" ? 7 * first.between(2, 8) : first.logUniform(12, 160);
  const inner = first.fork();
  return network(`${generator}-${seed}`, { image: [3, side, side], batch }, (x) => styles[style](inner.fork(), x));
}

const styles = {
  /** Any layer after any other. */
  operators(random: Random, x: ImageValue): Value {
    let y = convolution(random, x, { stride: x.shape[2] > 64 ? 2 : 1, groups: 1 });
    const steps = random.between(6, 12);
    for (let step = 0; step < steps; step++) y = random.weighted(operators)(random, y);
    return head(random, y);
  },

  /** Patches, a class token, positions, then blocks of attention and perceptron (ViT). */
  transformer(random: Random, x: ImageValue): Value {
    const patch = Math.max(2, Math.min(16, Math.floor(x.shape[2] / random.between(3, 14))));
    const { heads, channels } = drawHeads(random);
    let y = x.conv(channels, { kernel: patch, stride: patch }).toTokens();
    if (random.chance(0.6)) {
      y = concatAlong("length", parameter(y, [1, 1, channels]).expand([y.shape[0], 1, channels]), y);
    }
    y = add(y, parameter(y, [1, y.shape[1], channels]));
    const blocks = random.between(1, 3);
    for (let block = 0; block < blocks; block++) {
      y = block % 2 === 0 ? encoder(random, y, { heads }) : apart(random, y, heads);
    }
    const pooled = random.chance(0.5) ? y.slice("length", { end: 1 }) : y.reduce("mean", ["length"]);
    return pooled.flatten().dense(width(random, 2, 1000)).softmax();
  },

  /** Attention within windows, shifted every second time, and patches merged (Swin). */
  windows(random: Random, x: ImageValue): Value {
    const { heads, channels } = drawHeads(random);
    let y = x.conv(channels, { kernel: 1 });
    const window = 7;
    const blocks = random.between(1, 3);
    for (let block = 0; block < blocks; block++) {
      const shift = block % 2 === 1 ? random.between(1, 3) : 0;
      const rolled = shift === 0 ? y : y.roll([-shift, -shift]);
      const tokens = encoder(random, rolled.toTokens({ window }), { heads, window });
      const image = tokens.toImage([y.shape[2], y.shape[3]], { window });
      y = shift === 0 ? image : image.roll(shift);
    }
    if (y.shape[2] % 2 === 0) y = y.pixelUnshuffle(2);
    return head(random, y.layerNorm());
  },

  /** Depthwise convolution, layer norm, two dense layers over the channels, a learned scale (ConvNeXt). */
  convnext(random: Random, x: ImageValue): Value {
    const stride = x.shape[2] > 48 ? 4 : 2;
    let y = x.conv(8 * random.between(2, 32), { kernel: stride, stride }).layerNorm();
    const blocks = random.between(1, 4);
    for (let block = 0; block < blocks; block++) {
      const kernel = random.pick([3, 5, 7]);
      const filtered = y.conv(y.channels, { kernel, pad: "same", groups: y.channels });
      const inner = filtered.toTokens().layerNorm().dense(4 * y.channels, {
        activation: random.pick(["gelu", "gelu_tanh"]),
      })
        .dense(y.channels).toImage([y.shape[2], y.shape[3]]);
      y = add(y, mul(inner, parameter(inner, [1, y.channels, 1, 1])));
      if (y.shape[2] >= 8 && random.chance(0.3)) y = y.layerNorm().conv(2 * y.channels, { kernel: 2, stride: 2 });
    }
    return head(random, y);
  },

  /** Half of the channels pass by, the halves are shuffled (ShuffleNet); grouped ones with group norm. */
  shuffle(random: Random, x: ImageValue): Value {
    let y = x.conv(16 * random.between(1, 20), { kernel: 3, stride: x.shape[2] > 64 ? 2 : 1, pad: 1 });
    const blocks = random.between(2, 5);
    for (let block = 0; block < blocks; block++) {
      const [left, right] = y.split(2);
      const half = right.channels;
      const normed = (z: ImageValue) => random.chance(0.3) ? z.groupNorm(random.pick([1, 2, 4, 8])) : z.batchNorm();
      const inner = normed(right.conv(half, { kernel: 1, bias: false })).relu()
        .conv(half, { kernel: 3, pad: 1, groups: random.chance(0.6) ? half : 8, bias: false });
      y = concat(left, normed(inner.conv(half, { kernel: 1, bias: false })).hardSwish()).channelShuffle(2);
      if (y.shape[2] >= 12 && random.chance(0.3)) y = y.averagePool({ kernel: 3, stride: 2, pad: 1 });
    }
    return head(random, y);
  },

  /** Down and up again, with what was seen before put beside (U-Net); up by transposed convolution, upsampling or shuffling. */
  decoder(random: Random, x: ImageValue): Value {
    const skipped: ImageValue[] = [];
    let y = convolution(random, x, { out: 8 * random.between(1, 8), stride: 1, groups: 1 });
    const depth = random.between(1, 3);
    for (let level = 0; level < depth && Math.min(y.shape[2], y.shape[3]) >= 6; level++) {
      skipped.push(y);
      y = y.maxPool({ kernel: 2 }).conv(Math.min(512, 2 * y.channels), { kernel: 3, pad: 1 }).leakyRelu(0.1);
    }
    for (const skip of skipped.reverse()) {
      const [, channels, height, across] = skip.shape;
      y = random.pick([
        () => y.deconv(channels, { kernel: random.pick([2, 3, 4]), stride: 2, pad: "same" }),
        () => y.upsample({ size: [height, across], mode: "bilinear" }).conv(channels, { kernel: 1 }),
        () => y.upsample({ factor: 2 }),
        () => y.conv(4 * channels, { kernel: 1 }).pixelShuffle(2),
      ])();
      const missing = [height - y.shape[2], across - y.shape[3]];
      if (missing.some((pixels) => pixels > 0)) y = y.pad([0, 0, missing[0], missing[1]]);
      y = convolution(random, concat(skip, y), { out: channels, stride: 1, groups: 1 });
    }
    return y.conv(random.between(1, 21), { kernel: 1 }).sigmoid();
  },
};

/** One layer norm, attention, sum, layer norm, perceptron, sum. */
function encoder(random: Random, x: TokensValue, options: { heads: number; window?: number }): TokensValue {
  const channels = x.shape[2];
  const norm = (y: TokensValue) => random.chance(0.2) ? y.rmsNorm() : y.layerNorm();
  const y = add(x, norm(x).attention(options));
  return add(
    y,
    norm(y).dense(random.pick([2, 4]) * channels, { activation: random.pick(["gelu", "relu", "silu"]) }).dense(
      channels,
    ),
  );
}

/** An attention from its parts, as exporters write it. */
function apart(random: Random, x: TokensValue, groups: number): TokensValue {
  const channels = x.shape[2];
  const [queries, keys, values] = random.chance(0.5)
    ? x.dense(3 * channels).split(3)
    : [x.dense(channels), x.dense(channels), x.dense(channels)];
  const scores = matmul(queries, keys, { groups, transposed: true }).scale((channels / groups) ** -0.5);
  // One softmax over all heads' scores costs what one over each does.
  return add(x, matmul(scores.softmax(), values, { groups }).dense(channels));
}

function drawHeads(random: Random): { heads: number; channels: number } {
  const heads = random.pick([1, 2, 3, 4, 6, 8, 12]);
  return { heads, channels: heads * random.pick([16, 24, 32, 64]) };
}

const operators: readonly [weight: number, step: (random: Random, x: ImageValue) => ImageValue][] = [
  [8, (random, x) => convolution(random, x)],
  [8, (random, x) => activation(random, x)],
  [4, (random, x) => random.pick([x.exp, x.abs, x.neg, x.sqrt, x.erf, x.prelu, x.reciprocal, x.log]).call(x)],
  [3, (random, x) => random.pick([() => x.clip(-1, 1), () => x.scale(0.5), () => x.shift(1), () => x.power(2)])()],
  [4, (random, x) => random.pick([add, mul, sub, div, pow, maximum, minimum])(x, convolution(random, x, same(x)))],
  [1, (random, x) => where(x, convolution(random, x, same(x)), x)],
  [2, (_random, x) => x.layerNorm()],
  [2, (_random, x) => x.instanceNorm()],
  [2, (_random, x) => x.rmsNorm()],
  [2, (random, x) => x.groupNorm(random.pick([1, 2, 4, 8, 16, 32].filter((groups) => x.channels % groups === 0)))],
  [2, (random, x) => x.softmax({ axis: random.pick(["channels", "height", "width"]) })],
  [
    2,
    (random, x) =>
      add(
        x,
        x.reduce(random.pick(["sum", "mean", "max", "min", "l2"]), [random.pick(["channels", "height", "width"])]),
      ),
  ],
  [2, (_random, x) => mul(x, x.reduce("mean", ["height", "width"]))],
  [2, (random, x) => room(x, 4) ? x.lpPool({ kernel: random.pick([2, 3]), stride: random.pick([1, 2]) }) : x],
  [2, (random, x) => room(x, 8) ? x.maxPool({ kernel: random.pick([2, 3, 5]), stride: 2, pad: 1 }) : x],
  [1, adaptive],
  [2, (random, x) => small(x) ? deconvolution(random, x) : x],
  [2, (random, x) => small(x) ? x.upsample({ factor: 2, mode: random.pick(["nearest", "bilinear"]) }) : x],
  [1, (random, x) => x.pad(random.between(1, 3), { mode: random.pick(["constant", "edge"]) })],
  [1, (random, x) => room(x, 8) ? x.crop(random.between(1, 2)) : x],
  [1, (random, x) => x.roll([random.between(-3, 3), random.between(-3, 3)])],
  [1, (random, x) => room(x, 8) ? x.slice(random.pick(["height", "width"]), { step: 2 }) : x],
  [2, (random, x) => x.channels % 2 === 0 ? concat(...x.split(2).map((part) => activation(random, part)) as Two) : x],
  [1, (_random, x) => x.channels % 4 === 0 ? x.channelShuffle(4) : x],
  [1, (_random, x) => x.channels % 4 === 0 && small(x) ? x.pixelShuffle(2) : x],
  [1, (_random, x) => x.shape[2] % 2 === 0 && x.shape[3] % 2 === 0 && x.channels <= 256 ? x.pixelUnshuffle(2) : x],
  [1, (_random, x) => x.permute(["channels", "width", "height"])],
  [1, (_random, x) => x.toTokens().transpose().softmax().transpose().toImage([x.shape[2], x.shape[3]])],
  [1, gated],
];

type Two = [ImageValue, ImageValue];

function activation(random: Random, x: ImageValue): ImageValue {
  const name = random.pick(functions).replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  return (x[name as keyof ImageValue] as () => ImageValue).call(x);
}

function deconvolution(random: Random, x: ImageValue): ImageValue {
  const stride = random.pick([1, 2]);
  const groups = x.channels % 4 === 0 && random.chance(0.2) ? 4 : 1;
  const out = 4 * random.between(1, 48);
  return x.deconv(out, { kernel: random.pick([2, 3, 4, 5]), stride, groups, pad: "same", outputPad: stride - 1 });
}

/** Windows of equal sizes: ONNX has no others. */
function adaptive(random: Random, x: ImageValue): ImageValue {
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8].filter((size) => x.shape[2] % size === 0 && x.shape[3] % size === 0);
  const size = random.pick(sizes);
  const pooled = random.chance(0.5) ? x.adaptiveAveragePool(size) : x.adaptiveMaxPool(size);
  return size === 1 ? add(x, pooled) : pooled;
}

const same = (x: ImageValue) => ({ out: x.channels, stride: 1, groups: 1 });
const room = (x: ImageValue, least: number) => Math.min(x.shape[2], x.shape[3]) >= least;
const small = (x: ImageValue) => x.shape[0] * x.channels * x.shape[2] * x.shape[3] <= 4e5;

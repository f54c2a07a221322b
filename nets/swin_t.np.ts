// Swin-T as torchvision.models.swin_t (Liu et al., arXiv 2103.14030). Stochastic depth drops nothing when a trained network runs, and is
// left out.
import { add, network, type Pair, type TokensValue } from "neuralpower/dsl";

const stages = [
  { blocks: 2, heads: 3 },
  { blocks: 2, heads: 6 },
  { blocks: 6, heads: 12 },
  { blocks: 2, heads: 24 },
];

/** Side of a window. */
const window = 7;

/**
 * Attention within windows of 7×7 tokens of an image of the given size, which is padded where they do not fit. Shifted, the windows lie
 * three tokens to the right and below, unless one window spans the image; tokens that the shift has brought together from opposite sides
 * do not see each other, by a mask on the scores that costs one addition each and is left out.
 */
function windowAttention(x: TokensValue, size: Pair, heads: number, shifted: boolean, name: string): TokensValue {
  const [bottom, right] = size.map((pixels) => (window - pixels % window) % window);
  const padded: Pair = [size[0] + bottom, size[1] + right];
  const [down, across] = padded.map((pixels) => shifted && pixels > window ? Math.floor(window / 2) : 0);
  const pads = bottom > 0 || right > 0;
  const rolls = down > 0 || across > 0;

  let image = x.toImage(size);
  if (pads) image = image.pad([0, 0, bottom, right], { name: `${name}_pad` });
  if (rolls) image = image.roll([-down, -across], { name: `${name}_roll` });
  const attended = image.toTokens({ window }).attention({ heads, window, name });
  image = attended.toImage(padded, { window });
  if (rolls) image = image.roll([down, across], { name: `${name}_roll_back` });
  if (pads) image = image.crop([0, 0, bottom, right], { name: `${name}_crop` });
  return image.toTokens();
}

/** As a transformer block, its attention within windows. */
function block(x: TokensValue, size: Pair, heads: number, shifted: boolean, name: string): TokensValue {
  const width = x.shape[2];
  const y = add(x, windowAttention(x.layerNorm({ name: `${name}_norm1` }), size, heads, shifted, `${name}_attn`));
  const mlp = y
    .layerNorm({ name: `${name}_norm2` })
    .dense(4 * width, { activation: "gelu", name: `${name}_mlp1` })
    .dense(width, { name: `${name}_mlp2` });
  return add(y, mlp);
}

/**
 * Two by two tokens become one of twice the width. torchvision joins four strided slices, which have their channels in another order:
 * as many elements are moved, and costs and parameters are the same.
 */
function merge(x: TokensValue, size: Pair, name: string): [tokens: TokensValue, size: Pair] {
  const [bottom, right] = size.map((pixels) => pixels % 2);
  const image = x.toImage(size);
  const even = bottom > 0 || right > 0 ? image.pad([0, 0, bottom, right], { name: `${name}_pad` }) : image;
  const merged = even.pixelUnshuffle(2, { name });
  const tokens = merged
    .toTokens()
    .layerNorm({ name: `${name}_norm` })
    .dense(2 * x.shape[2], { bias: false, name: `${name}_reduction` });
  return [tokens, [merged.shape[2], merged.shape[3]]];
}

export default network("swin_t", { image: [3, 224, 224] }, (x) => {
  const patches = x.conv(96, { kernel: 4, stride: 4, name: "patches" });
  let size: Pair = [patches.shape[2], patches.shape[3]];
  let y = patches.toTokens().layerNorm({ name: "patches_norm" });
  stages.forEach(({ blocks, heads }, s) => {
    if (s > 0) [y, size] = merge(y, size, `merge${s}`);
    for (let b = 0; b < blocks; b++) y = block(y, size, heads, b % 2 === 1, `stage${s + 1}_${b}`);
  });
  return y.layerNorm({ name: "norm" }).toImage(size).globalAveragePool().flatten().dense(1000, { name: "head" });
});

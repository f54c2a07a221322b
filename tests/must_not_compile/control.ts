// Every right use of what the other files get wrong. It compiles, so their errors come from the wrong use alone.
import { add, concat, concatAlong, matmul, mul, network, parameter, where } from "neuralpower/dsl";

export default network("control", { image: [3, 8, 8], batch: 2 }, (x) => {
  const a = x.conv(8, { kernel: 3, stride: [1, 1], pad: "same", activation: "silu" });
  const b = x.conv(8, { kernel: [3, 1], pad: [1, 0] });
  const c = x.conv(8, { kernel: 2, pad: [0, 0, 1, 1] });
  const sum = add(a, b, c);
  const gated = mul(sum, sum.globalAveragePool().sigmoid());
  return concat(gated, x).maxPool({ kernel: 2 }).flatten().dense(10);
}).build({ dtype: "float16" });

network("tokens", { tokens: [16, 32] }, (x) => {
  const classed = concatAlong("length", parameter(x, [1, 1, 32]), x.attention({ heads: 4, window: 4 }));
  const scores = matmul(classed, classed, { groups: 4, transposed: true }).softmax({ axis: "length" });
  return scores.flatten().dense(4);
});

network("image", { image: [3, 8, 8] }, (x) => {
  const y = x.deconv(8, { kernel: 2, stride: 2, outputPad: 1 }).groupNorm(4).adaptiveAveragePool(8).roll(1);
  const means = y.reduce("mean", ["height"]);
  const chosen = where(y, y.permute(["channels", "width", "height"]), means);
  return chosen.upsample({ factor: 2, mode: "bilinear" }).toTokens().toImage(16);
});

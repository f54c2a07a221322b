// Every right use of what the other files get wrong. It compiles, so their errors come from the wrong use alone.
import { add, concat, mul, network } from "neuralpower/dsl";

export default network("control", { image: [3, 8, 8], batch: 2 }, (x) => {
  const a = x.conv(8, { kernel: 3, stride: [1, 1], pad: "same", activation: "silu" });
  const b = x.conv(8, { kernel: [3, 1], pad: [1, 0] });
  const c = x.conv(8, { kernel: 2, pad: [0, 0, 1, 1] });
  const sum = add(a, b, c);
  const gated = mul(sum, sum.globalAveragePool().sigmoid());
  return concat(gated, x).maxPool({ kernel: 2 }).flatten().dense(10);
}).build({ dtype: "float16" });

network("tokens", { tokens: [16, 32] }, (x) => x.dense(8).flatten().dense(4));

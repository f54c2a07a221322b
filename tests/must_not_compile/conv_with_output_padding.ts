// A convolution has no output padding.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.conv(8, { kernel: 2, outputPad: 1 }); // error: TS2353
});

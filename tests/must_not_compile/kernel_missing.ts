// A convolution's kernel has no default.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.conv(8, { stride: 2 }); // error: TS2345
});

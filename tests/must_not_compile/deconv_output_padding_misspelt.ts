// Output padding is a transposed convolution's own option; its misspelling would quietly mean 0.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.deconv(8, { kernel: 2, stride: 2, outputPadding: 1 }); // error: TS2561
});

// Without this an option's misspelling would quietly mean its default.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.conv(8, { kernel: 3, strides: 2 }); // error: TS2561
});

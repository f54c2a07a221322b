// Padding has one, two or four numbers.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.conv(8, { kernel: 3, pad: [1, 1, 1] }); // error: TS2322
});

// A vector has no height and width to convolve over.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  const vector = x.flatten();
  return vector.conv(8, { kernel: 3 }); // error: TS2339
});

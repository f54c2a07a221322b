// Rows and columns are an image's.
import { network } from "neuralpower/dsl";

export default network("net", { tokens: [16, 32] }, (x) => {
  return x.roll(1); // error: TS2339
});

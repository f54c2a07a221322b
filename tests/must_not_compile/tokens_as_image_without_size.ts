// How high and wide the image of some tokens is, they do not know.
import { network } from "neuralpower/dsl";

export default network("net", { tokens: [16, 32] }, (x) => {
  return x.toImage(); // error: TS2554
});

// Groups are of an image's channels.
import { network } from "neuralpower/dsl";

export default network("net", { tokens: [16, 32] }, (x) => {
  return x.groupNorm(4); // error: TS2339
});

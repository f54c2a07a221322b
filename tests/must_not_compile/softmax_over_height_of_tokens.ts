// Tokens have a length and a width.
import { network } from "neuralpower/dsl";

export default network("net", { tokens: [16, 32] }, (x) => {
  return x.softmax({ axis: "height" }); // error: TS2322
});

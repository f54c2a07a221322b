// An image has no dense layer: flatten it first.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.dense(10); // error: TS2339
});

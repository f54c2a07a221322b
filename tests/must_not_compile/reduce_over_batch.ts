// The batch is no axis: images do not see each other.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.reduce("mean", ["batch"]); // error: TS2322
});

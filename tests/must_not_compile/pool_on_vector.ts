// A vector has no windows.
import { network } from "neuralpower/dsl";

export default network("net", { vector: 32 }, (x) => {
  return x.maxPool({ kernel: 2 }); // error: TS2339
});

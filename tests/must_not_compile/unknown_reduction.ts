// What to reduce by is a closed list.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.reduce("median", ["height"]); // error: TS2345
});

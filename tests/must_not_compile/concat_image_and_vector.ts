// Values of different ranks have no common axis.
import { concat, network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  const vector = x.flatten();
  return concat(x, vector); // error: TS2345
});

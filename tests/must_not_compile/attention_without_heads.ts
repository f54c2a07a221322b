// How many heads there are has no default.
import { network } from "neuralpower/dsl";

export default network("net", { tokens: [16, 32] }, (x) => {
  return x.attention({ window: 4 }); // error: TS2345
});

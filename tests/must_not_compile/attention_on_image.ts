// An image's pixels must be made tokens first.
import { network } from "neuralpower/dsl";

export default network("net", { image: [64, 8, 8] }, (x) => {
  return x.attention({ heads: 4 }); // error: TS2339
});

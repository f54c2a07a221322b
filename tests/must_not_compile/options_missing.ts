// Nor can its options be left out altogether.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.conv(8); // error: TS2554
});

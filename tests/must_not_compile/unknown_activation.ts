// Activations are a closed list.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.conv(8, { kernel: 3, activation: "gelo" }); // error: TS2322
});

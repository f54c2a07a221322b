// An adaptive pool's output has a size, no window.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.adaptiveAveragePool({ kernel: 2 }); // error: TS2353
});

// What is chosen from must be two values beside the condition.
import { network, where } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return where(x, x); // error: TS2554
});

// A sum needs two values.
import { add, network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return add(x); // error: TS2555
});

// Matrices are tokens: which axes of an image would they be?
import { matmul, network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return matmul(x, x); // error: TS2345
});

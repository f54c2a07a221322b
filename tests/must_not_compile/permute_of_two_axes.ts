// An order names every axis.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.permute(["width", "height"]); // error: TS2345
});

// Ways to interpolate are a closed list.
import { network } from "neuralpower/dsl";

export default network("net", { image: [3, 8, 8] }, (x) => {
  return x.upsample({ factor: 2, mode: "bicubic" }); // error: TS2322
});

// Tokens are no image.
import { network } from "neuralpower/dsl";

export default network("net", { tokens: [16, 32] }, (x) => {
  return x.conv(8, { kernel: 3 }); // error: TS2339
});

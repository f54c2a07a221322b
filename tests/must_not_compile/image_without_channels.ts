// An image's input has three sizes.
import { type ImageValue, network } from "neuralpower/dsl";

export default network("net", { image: [8, 8] }, (x: ImageValue) => x.globalAveragePool()); // error: TS2769

// The function must return its output.
import { network } from "neuralpower/dsl";

export default network("net", { vector: 8 }, (x) => void x.dense(4)); // error: TS2769

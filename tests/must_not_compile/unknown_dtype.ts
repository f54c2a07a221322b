// Number formats are a closed list.
import { network } from "neuralpower/dsl";

const net = network("net", { vector: 8 }, (x) => x.dense(4));
net.build({ dtype: "float64" }); // error: TS2820

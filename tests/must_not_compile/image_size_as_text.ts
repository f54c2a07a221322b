// Such as it comes from a command line: it must be made a number first.
import { network } from "neuralpower/dsl";

const net = network("net", { image: [3, 8, 8] }, (x) => x.globalAveragePool());
net.build({ image: "256" }); // error: TS2322

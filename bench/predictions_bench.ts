/**
 * How many layers a second are predicted, on one thread: `deno bench -A bench/predictions_bench.ts`.
 *
 * "polynomial" evaluates the fitted polynomial of a feature vector; "node" does all there is to do for a layer: features, polynomial,
 * interval, power, what extrapolates. Each iteration predicts the 1000 nodes below: a million a second is 1 ms an iteration.
 *
 * @module
 */
import { featureNames, featureVector, loadDevice, type Node, nodeModel, plan } from "neuralpower";
import { compileTerms, parseTerm } from "../lib/learn/terms.ts";
import resnet50 from "../nets/resnet50.np.ts";

const device = await loadDevice("v100-tf1");
const nodes: Node[] = [];
for (let batch = 1; nodes.length < 1000; batch++) {
  const planned = plan(resnet50.build({ batch }), device.runtime);
  nodes.push(...planned.flatMap(({ node }) => node?.layer.kind === "conv" ? [node] : []));
}
nodes.length = 1000;

const vectors = nodes.map((node) => featureVector(node));
const { runtime } = device.model!.fits.find(({ kind, pass }) => kind === "conv" && pass === "forward")!;
const { coefficients } = runtime.polynomials.relative;
const terms = compileTerms(Object.keys(coefficients).map(parseTerm), featureNames("conv"));
const values = Float64Array.from(Object.values(coefficients));
const predictNode = nodeModel(device);

Deno.bench("1000 layers, polynomial", () => {
  for (const vector of vectors) terms.dot(vector, values);
});
Deno.bench("1000 layers, node", () => {
  for (const node of nodes) predictNode(node);
});

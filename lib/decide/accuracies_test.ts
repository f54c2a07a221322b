import { assertEquals } from "@std/assert";
import { network, type NetworkDefinition } from "neuralpower/dsl";
import { publishedAccuracy } from "./accuracies.ts";

const zoo: NetworkDefinition[] = await Promise.all(
  [...Deno.readDirSync(new URL("../../nets", import.meta.url))].map(async ({ name }) =>
    (await import(`../../nets/${name}`)).default
  ),
);

Deno.test("every network of the zoo that torchvision publishes weights of is known as it stands, and no other", () => {
  const unknown = zoo.filter((net) => publishedAccuracy(net.build()) === null).map(({ name }) => name).sort();
  assertEquals(unknown, ["cifar10_6conv", "nin", "overfeat", "unet", "yolo_neck"]);
  assertEquals(publishedAccuracy(zoo.find(({ name }) => name === "resnet50")!.build({ batch: 8 })), 0.7613);
});

Deno.test("a changed network, another size of image and a name of Object's own have none", () => {
  const alike = (name: string) => network(name, { image: [3, 224, 224] }, (x) => x.conv(8, { kernel: 3 }));
  assertEquals(publishedAccuracy(alike("resnet50").build()), null);
  assertEquals(publishedAccuracy(alike("constructor").build()), null);
  assertEquals(publishedAccuracy(zoo.find(({ name }) => name === "resnet18")!.build({ image: 160 })), null);
});

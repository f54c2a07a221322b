import { assert, assertEquals, assertRejects } from "@std/assert";
import { chooseProvider, tryProvider } from "./providers.ts";
import { providers } from "./ort/session.ts";

Deno.test("the CPU really runs; any other provider that does not has a reason of one line", async () => {
  const { provider, why } = await chooseProvider("auto");
  const lines = why.split("\n");
  assertEquals(lines.length, providers.indexOf(provider) + 1);
  lines.slice(0, -1).forEach((line, i) => assert(line.startsWith(`${providers[i]} was not taken: `), line));
  assert(lines.at(-1)!.startsWith(`${provider} was taken: it runs a convolution`), why);
  assertEquals(await tryProvider("cpu"), null);
});

Deno.test("the CPU is taken where cuda and webgpu cannot run", async () => {
  const tried: string[] = [];
  const { provider, why } = await chooseProvider("auto", (provider) => {
    tried.push(provider);
    return Promise.resolve(provider === "cpu" ? null : `no ${provider} device`);
  });
  assertEquals([provider, tried], ["cpu", ["cuda", "webgpu", "cpu"]]);
  assertEquals(why.split("\n"), [
    "cuda was not taken: no cuda device",
    "webgpu was not taken: no webgpu device",
    "cpu was taken: it runs a convolution",
  ]);
});

Deno.test("the first that runs is taken, a wanted one only itself", async () => {
  const works = () => Promise.resolve(null);
  assertEquals(await chooseProvider("auto", works), {
    provider: "cuda",
    why: "cuda was taken: it runs a convolution, with the CPU's result",
  });
  assertEquals((await chooseProvider("webgpu", works)).provider, "webgpu");
  const fails = () => Promise.resolve("it does not");
  const { message } = await assertRejects(() => chooseProvider("webgpu", fails), Error);
  assertEquals(message, "webgpu was not taken: it does not");
  await assertRejects(() => chooseProvider("auto", fails), Error, "cuda was not taken: it does not; webgpu was not");
});

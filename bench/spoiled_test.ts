import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseLayersTable } from "neuralpower";
import { measureSpoiled } from "./spoiled.ts";

const header =
  "kind,op,batch,in_channels,in_height,in_width,out_channels,kernel_height,pad_top,pad_left,pad_bottom,pad_right," +
  "bias,activation,fused_add,dtype\n";

async function nodes(...rows: string[]) {
  return (await parseLayersTable(header + rows.join("\n"), "nodes.csv")).rows.map(({ node }) => node);
}

async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
    assertEquals([...Deno.readDirSync(folder)], [], "nothing is left behind");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("nodes with and without weights, fused or not, have a time each", () =>
  inFolder(async (folder) => {
    const all = await nodes(
      "conv,conv,1,64,28,28,64,3,1,1,1,1,1,none,0,float32",
      "conv,conv,1,64,28,28,64,3,1,1,1,1,1,relu,1,float32",
      "conv,conv,1,3,31,31,5,3,1,1,1,1,1,relu,0,float32",
      "pool,max,1,64,56,56,,2,0,0,0,0,,none,0,float32",
      "dense,dense,4,512,1,1,10,,,,,,1,relu,0,float32",
      "elementwise,relu,1,64,56,56,,,,,,,,none,0,float32",
      "softmax,softmax,8,1000,1,1,,,,,,,,none,0,float32",
    );
    for (const node of all) {
      const { ms, spreadMs, copies, trials } = await measureSpoiled(node, folder);
      assert(ms > 0 && ms < 100 && spreadMs >= 0, `${node.layer.op}: ${ms} ms`);
      assertEquals([copies, trials], [4, 3]);
    }
  }));

Deno.test("sixteen times the work takes longer", () =>
  inFolder(async (folder) => {
    const [large, small] = await nodes(
      "conv,conv,1,64,56,56,64,3,1,1,1,1,1,none,0,float32",
      "conv,conv,1,64,14,14,64,3,1,1,1,1,1,none,0,float32",
    );
    assert((await measureSpoiled(large, folder)).ms > (await measureSpoiled(small, folder)).ms);
  }));

Deno.test("what cannot be measured so is an error of one line", () =>
  inFolder(async (folder) => {
    const [half, huge] = await nodes(
      "conv,conv,1,64,28,28,64,3,1,1,1,1,1,none,0,float16",
      "dense,dense,1,25088,1,1,25088,,,,,,1,none,0,float32",
    );
    await assertRejects(() => measureSpoiled(half, folder), Error, "use --setup slope");
    await assertRejects(() => measureSpoiled(huge, folder), Error, "2048 MiB are allowed");
  }));

import { assertEquals, assertRejects } from "@std/assert";
import { anchor, jobNetwork } from "./jobs.ts";

Deno.test("a job's network is the zoo's or a generator's, whatever file a table names", async () => {
  assertEquals((await jobNetwork(anchor)).name, "squeezenet1_1");
  for (const source of ["../evil.np.ts", "nets/../evil.np.ts", "https://evil.invalid/a.np.ts", "toString:1"]) {
    await assertRejects(() => jobNetwork({ ...anchor, source }), RangeError, `got "${source}"`);
  }
});

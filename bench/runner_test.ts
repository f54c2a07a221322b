import { assertEquals } from "@std/assert";
import { anchor } from "./jobs.ts";
import type { Request } from "./worker.ts";

const request: Request = { kind: "profile", job: anchor, powerMs: null };
import { Runner } from "./runner.ts";

/** A worker whose body sees each line as `line` and answers by `reply(…)`. */
async function withWorker(body: string, test: (runner: Runner) => Promise<void>, timeoutMs?: number) {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    path,
    `import { TextLineStream } from "${new URL("lines.ts", import.meta.url)}";
     const reply = (value: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\\n"));
     let count = 0;
     for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
       count++;
       ${body}
     }`,
  );
  const runner = new Runner({ worker: path, timeoutMs });
  try {
    await test(runner);
  } finally {
    runner.kill();
    await Deno.remove(path);
  }
}

Deno.test("replies come from one process after the other, each for a few jobs", () =>
  withWorker(`reply({ error: "" + [Deno.pid, count] });`, async (runner) => {
    // An error ends the process: each of these is a new one's first job.
    const first = await runner.run(request);
    const second = await runner.run(request);
    assertEquals([first, second].map((reply) => "error" in reply && reply.error.split(",")[1]), ["1", "1"]);
  }));

Deno.test("a crash costs one job, with its reason", () =>
  withWorker(`if (JSON.parse(line).job.batch === 1) Deno.exit(9); reply({ error: "still here" });`, async (runner) => {
    assertEquals(await runner.run(request), { error: "its process ended with status 9" });
    assertEquals(await runner.run({ ...request, job: { ...anchor, batch: 2 } }), { error: "still here" });
  }));

Deno.test("a killed process and one that hangs cost one job each", async () => {
  await withWorker(`Deno.kill(Deno.pid, "SIGKILL");`, async (runner) => {
    assertEquals(await runner.run(request), { error: "its process was ended by SIGKILL" });
  });
  await withWorker(`for (;;);`, async (runner) => {
    assertEquals(await runner.run(request), { error: "took more than 0.5 s" });
  }, 500);
});

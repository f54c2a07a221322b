import { assertEquals } from "@std/assert";
import { anchor } from "./jobs.ts";
import { Runner } from "./runner.ts";
import { timeAcross } from "./time_across.ts";

/** Processes that answer what they are told to, `request` being what they were asked. */
async function across(answers: readonly string[]) {
  const folder = await Deno.makeTempDir();
  const runners: Runner[] = [];
  for (const [i, answer] of answers.entries()) {
    const worker = `${folder}/${i}.ts`;
    await Deno.writeTextFile(
      worker,
      `import { TextLineStream } from "${new URL("lines.ts", import.meta.url)}";
       for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
         const request = JSON.parse(line);
         Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(${answer}) + "\\n"));
       }`,
    );
    runners.push(new Runner({ worker, folder: `${folder}/work${i}` }));
  }
  try {
    return await timeAcross(runners, { kind: "network", job: anchor, provider: "cuda", powerMs: 1500 });
  } finally {
    for (const runner of runners) runner.kill();
    await Deno.remove(folder, { recursive: true });
  }
}

const answer = (ms: number) =>
  `{ result: { ms: ${ms}, spreadMs: 0.01, trials: 3, powerW: request.powerMs, powerWSpread: 1, nodes: [], graph: [], note: "" } }`;

Deno.test("a network's time is the processes' median, its spread their deviation, its power the first one's", async () => {
  const reply = await across([answer(0.8), answer(0.6), answer(0.7)]);
  if ("error" in reply) throw new Error(reply.error);
  const { ms, spreadMs, trials, powerW, note } = reply.result;
  assertEquals([ms, trials, powerW, note], [0.7, 9, 1500, "0.8000 0.6000 0.7000 ms by process"]);
  assertEquals(spreadMs.toFixed(6), "0.100000");
});

Deno.test("one process alone tells its own spread; an error of any is the reply", async () => {
  const alone = await across([answer(0.8)]);
  assertEquals("result" in alone && [alone.result.ms, alone.result.spreadMs], [0.8, 0.01]);
  assertEquals(await across([answer(0.8), `{ error: "no memory" }`]), { error: "no memory" });
});

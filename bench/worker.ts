/**
 * The process that measures: reads a job a line from standard input, writes a result a line to standard output. It is ended and started
 * anew every few jobs, for sessions leak; what brings it down costs the job in work and no more.
 *
 * @module
 */
import { TextLineStream } from "./lines.ts";
import { type Job, jobNetwork } from "./jobs.ts";
import { type NetworkTiming, profileNetwork } from "./profile_network.ts";

/** What the worker writes for a job. */
export type Reply = { readonly timing: NetworkTiming } | { readonly error: string };

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  // Whoever reads the result must not mistake a library's message for one.
  const results = Deno.stdout.writable.getWriter();
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    let reply: Reply;
    try {
      reply = { timing: await profileNetwork(await jobNetwork(JSON.parse(line) as Job), folder) };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message.split("\n")[0] : String(error) };
    }
    await results.write(new TextEncoder().encode(`${JSON.stringify(reply)}\n`));
  }
  await Deno.remove(folder, { recursive: true });
}

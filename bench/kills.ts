/**
 * Kills a sweep at random moments and checks what it leaves: `deno run -A bench/kills.ts [TIMES]` (100 by default, some eight minutes).
 *
 * After each kill -9 the folder is opened as a resumed sweep opens it: all that counted before must still count, letter by letter, no
 * network or layer by itself may stand twice, and every row must read as a row of a layers table.
 *
 * @module
 */
import { parseLayersTable } from "neuralpower";
import { Random } from "./random.ts";
import { nodeKey, Store } from "./store.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until there is more than before, at most a minute. */
async function grown(folder: string, before: { readonly layers: string }): Promise<void> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 100) {
    const { size } = await Deno.stat(`${folder}/layers.csv`).catch(() => ({ size: 0 }));
    if (size > new TextEncoder().encode(before.layers).length) return;
    await wait(100);
  }
}

/** Kills a sweep into `folder` so often and throws at the first loss. */
export async function killSweeps(folder: string, times: number, seed = 1): Promise<{ networks: number; rows: number }> {
  const random = new Random(seed);
  let before = { networks: "", layers: "" };
  for (let kill = 1; kill <= times; kill++) {
    const sweep = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "-q",
        new URL("sweep.ts", import.meta.url).href,
        "--provider",
        "cpu",
        "--out",
        folder,
        "--resume",
        "--minutes",
        "5",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    // Every other kill waits for a row: a busy machine may need longer for the first one than any time that is drawn.
    if (kill % 2 === 0) await grown(folder, before);
    await wait(random.between(300, 3000));
    sweep.kill("SIGKILL");
    await sweep.status;

    (await Store.open(folder, true)).close();
    const [networks, layers] = await Promise.all(
      ["networks.csv", "layers.csv"].map((name) => Deno.readTextFile(`${folder}/${name}`).catch(() => "")),
    );
    if (!networks.startsWith(before.networks) || !layers.startsWith(before.layers)) {
      throw new Error(`Kill ${kill}: rows that counted are gone`);
    }
    // The anchor is measured again by each sweep; everything else once.
    const keys = networks.trimEnd().split("\n").filter((line) => !line.endsWith(" anchor")).map((line) =>
      line.split(",").slice(1, 5).join()
    );
    if (new Set(keys).size !== keys.length) throw new Error(`Kill ${kill}: a network was measured twice`);
    if (layers !== "") {
      const { rows, cells } = await parseLayersTable(layers, "layers.csv");
      const alone = rows.filter((_, row) => cells[row].source === "node").map(({ node }) => nodeKey(node));
      if (new Set(alone).size !== alone.length) throw new Error(`Kill ${kill}: a layer was measured twice`);
    }
    before = { networks, layers };
  }
  if (before.networks === "" || before.layers === "") {
    throw new Error(`${times} kills left no row to be lost; kill more often`);
  }
  const count = (text: string) => Math.max(0, text.split("\n").length - 2);
  return { networks: count(before.networks), rows: count(before.layers) };
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  const times = Number(Deno.args[0] ?? 100);
  const { networks, rows } = await killSweeps(folder, times);
  console.log(`${times} kills: nothing lost, ${networks} networks and ${rows} rows stand`);
  await Deno.remove(folder, { recursive: true });
}

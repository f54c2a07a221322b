import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type PowerTrace, reading } from "./meter.ts";
import { formatRecording, parseRecording, readRecording, type Recording, writeRecording } from "./record.ts";
import { replay } from "./replay.ts";

const sample = { timeMs: 1_000_000, ...reading({ powerW: 228.82, throttle: 0 }) };
const head = { device: "GeForce RTX 2080 Ti", driver: "442.19", intervalMs: 20, warnings: ["a warning"] };
const traces: PowerTrace[] = [
  { source: "nvml", samples: [{ timeMs: 1_000_020, ...reading({ energyMj: 2 ** 40 }) }], ...head },
  { source: "nvidia-smi", samples: [sample, { ...sample, timeMs: 1_000_040 }], ...head },
];
const loads = [{ name: "conv", startMs: 1_000_010, endMs: 1_000_030 }];
const recording: Recording = { note: "Cells that users posted", recorded: "2024-05-01T12:34:56Z", loads, traces };

Deno.test("a recording survives its file, nulls and zeros apart", async () => {
  const path = Deno.makeTempFileSync({ suffix: ".jsonl" });
  await writeRecording(path, recording);
  assertEquals(await readRecording(path), recording);
  assertEquals(Deno.readTextFileSync(path).split("\n")[3], "[1,1000040,228.82,null,null,null,null,null,0,null,null]");
  await Deno.writeTextFile(path, "{}\n");
  await assertRejects(
    () => readRecording(path),
    SyntaxError,
    'Line 1 of a power recording must say format "power-recording", version 1',
  );
  Deno.removeSync(path);
});

Deno.test("columns are found by name", () => {
  const [header, ...rows] = formatRecording(recording).trim().split("\n").map((line) => JSON.parse(line));
  const turned = [
    { ...header, columns: header.columns.toReversed() },
    ...rows.map(([n, ...cells]) => [n, ...cells.reverse()]),
  ];
  assertEquals(parseRecording(turned.map((line) => JSON.stringify(line) + "\n").join("")), recording);
});

Deno.test("a damaged recording is refused with the line", () => {
  const lines = formatRecording(recording).split("\n");
  const damaged = (line: number, text: string) => lines.with(line, text).join("\n");
  assertThrows(() => parseRecording(""), SyntaxError, "Line 1 of a power recording must say format");
  assertThrows(
    () => parseRecording(damaged(1, lines[1].slice(0, 9))),
    SyntaxError,
    "Line 2 of the power recording is not JSON",
  );
  assertThrows(
    () => parseRecording(damaged(2, "[1,5]")),
    SyntaxError,
    "Line 3 of the power recording is not a sample: [1,5]",
  );
  assertThrows(
    () => parseRecording(damaged(2, lines[2].replace("[1,", "[7,"))),
    SyntaxError,
    "Line 3 of the power recording",
  );
  assertThrows(
    () => parseRecording(lines[0].replace('"limitW"', '"x"')),
    SyntaxError,
    "has no column limitW; record it again",
  );
});

Deno.test("a replay gives the recording's traces, and moves them with its loads", async () => {
  const { meter } = replay(recording);
  await meter.start();
  await assertRejects(() => meter.start(), Error, "The replay is running already; stop it first");
  assertEquals(await meter.stop(), traces);
  await assertRejects(() => meter.stop(), Error, "The replay is not running; start it first");
  const moved = replay(recording, { beginMs: 5000 });
  await moved.meter.start();
  assertEquals((await moved.meter.stop()).map(({ samples }) => samples[0].timeMs), [5020, 5000]);
  assertEquals(moved.loads, [{ name: "conv", startMs: 5010, endMs: 5030 }]);
});

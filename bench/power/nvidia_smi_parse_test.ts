import { assertEquals } from "@std/assert";
import { FIELDS, parseNumber, parseSmi, parseTime, refusedField } from "./nvidia_smi_parse.ts";

const FEW = ["timestamp", "power.draw.instant", "power.draw", "clocks.sm"];

Deno.test("a row of all fields becomes a sample in the sample's units", () => {
  const row = "2017/03/20 19:58:43.613, 228.82, [N/A], 228.10, 1560, 6800, 56, 0x0000000000000004, 100, 210.00\n";
  const { samples, warnings } = parseSmi(row, FIELDS);
  assertEquals(samples, [{
    timeMs: new Date(2017, 2, 20, 19, 58, 43, 613).getTime(),
    powerW: 228.82,
    averageW: 228.1,
    energyMj: null,
    smClockMhz: 1560,
    memoryClockMhz: 6800,
    temperatureC: 56,
    throttle: 4,
    utilization: 1,
    limitW: 210,
  }]);
  assertEquals(warnings, ["nvidia-smi prints [N/A] for power.draw.average: null"]);
});

Deno.test("the documented forms of the unreadable are null, never 0", () => {
  for (const cell of ["[N/A]", "N/A", "[Not Supported]", "[Unknown Error]", "[GPU is lost]", "", "ERR!", "nan"]) {
    assertEquals(parseNumber(cell), null, cell);
  }
  assertEquals([parseNumber("0"), parseNumber("0.00"), parseNumber("0x00000000000001FF")], [0, 0, 511]);
});

Deno.test("each unreadable column is one warning, with what was printed", () => {
  const { samples, warnings } = parseSmi(
    "2024/05/01 12:34:56.789, [Unknown Error], [Not Supported], 1560\n2024/05/01 12:34:56.809, [Unknown Error], [Not Supported], 1560\n",
    FEW,
  );
  assertEquals(samples.map(({ powerW, averageW }) => [powerW, averageW]), [[null, null], [null, null]]);
  assertEquals(warnings, [
    "nvidia-smi prints [Unknown Error] for power.draw.instant: null",
    "nvidia-smi prints [Not Supported] for power.draw: null",
  ]);
});

Deno.test("a line cut in the middle is dropped, even where its last number looks whole", () => {
  // "70" may have been going to be "700.00".
  const { samples, warnings } = parseSmi(
    "2024/05/01 12:34:56.789, 1.0, 1.0, 1560\n2024/05/01 12:34:56.809, 1.0, 1.0, 70",
    FEW,
  );
  assertEquals(samples.map(({ smClockMhz }) => smClockMhz), [1560]);
  assertEquals(warnings, ["nvidia-smi printed 1 lines that are not samples, dropped; first: a cut last line"]);
});

Deno.test("lines with missing columns, without a time, or of words are dropped and counted", () => {
  const output = [
    "2024/05/01 12:34:56.789, 1.0, 1.0",
    "12:34, 1.0, 1.0, 1560",
    "",
    "Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error",
    "2024/05/01 12:34:56.829, 1.5, 1.0, 1560\r",
  ].join("\n") + "\n";
  const { samples, warnings } = parseSmi(output, FEW);
  assertEquals(samples.map(({ powerW, smClockMhz }) => [powerW, smClockMhz]), [[1.5, 1560]]);
  assertEquals(warnings, [
    'nvidia-smi printed 3 lines that are not samples, dropped; first: "2024/05/01 12:34:56.789, 1.0, 1.0"',
  ]);
});

Deno.test("nothing printed is no sample", () => {
  assertEquals(parseSmi("", FEW), { samples: [], warnings: [] });
});

Deno.test("the timestamp is local time, and only its documented form is one", () => {
  assertEquals(parseTime("2024/05/01 12:34:56.789"), new Date(2024, 4, 1, 12, 34, 56, 789).getTime());
  for (const text of ["2024-05-01 12:34:56.789", "2024/05/01 12:34:56", "Sat Apr 19 10:08:49 2014", ""]) {
    assertEquals(parseTime(text), null, text);
  }
});

Deno.test("a refused field is found in the refusal, in any quotes", () => {
  assertEquals(
    refusedField('Field "encoder.stats.sessionCount" is not a valid field to query.\n\n'),
    "encoder.stats.sessionCount",
  );
  assertEquals(refusedField("Field “power.draw.instant” is not a valid field to query."), "power.draw.instant");
  assertEquals(refusedField("No devices were found"), null);
});

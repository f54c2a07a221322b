/**
 * `deno task test`: every test that needs no GPU, in each of the project's configurations. Ends with `N passed, N failed, N skipped`;
 * with NEURALPOWER_NO_SKIPS in the environment a skipped test fails the run, as it should where all has been brought along.
 *
 * @module
 */
const root = new URL("..", import.meta.url);

/** What draws charts: the packages for it come with the notebooks. */
const drawn = ["lib/charts/render_test.ts", "lib/report/show_test.ts"];

/** Each configuration has its own lock, so that what predicting does not need is not downloaded for it. */
const suites = [
  {
    name: "library and commands",
    // Of one folder: with several, Deno 2.9.6 ignores nothing.
    args: ["--doc", `--ignore=bench,notebooks,tests/browser,tests/exported,${drawn}`, "."],
  },
  { name: "charts as they are drawn", args: ["--config", "notebooks/deno.json", ...drawn] },
  { name: "notebooks, with the Deno kernel", args: ["--config", "notebooks/deno.json", "notebooks"] },
  { name: "reports in a browser", args: ["--config", "tests/browser/deno.json", "tests/browser"] },
  { name: "power meters", args: ["--doc", "--config", "bench/deno.json", "bench/power"] },
  { name: "measuring on ONNX Runtime", args: ["--config", "bench/deno.json", "--ignore=bench/power", "bench"] },
];

const totals = { passed: 0, failed: 0, ignored: 0 };
for (const { name, args } of suites) {
  console.log(`\n${name}`);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--quiet", "--parallel", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(stdout);
  console.log(text);
  const summary =
    /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/m
      .exec(text);
  if (summary === null) {
    // Nothing was counted: a type error, say, which stands above.
    totals.failed++;
    continue;
  }
  totals.passed += Number(summary[1]);
  totals.failed += Math.max(Number(summary[2]), code === 0 ? 0 : 1);
  totals.ignored += Number(summary[3] ?? 0);
}
const skipsFail = Deno.env.has("NEURALPOWER_NO_SKIPS") && totals.ignored > 0;
if (skipsFail) console.log("Skipped tests fail this run: bring what they need");
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.ignored} skipped`);
Deno.exit(totals.failed > 0 || skipsFail ? 1 : 0);

import { assert, assertEquals, assertThrows } from "@std/assert";
import { kinds } from "neuralpower/dsl";
import { featureNames } from "../features.ts";
import { boostingFromJson } from "../learn/trees_json.ts";
import { compileTerms, parseTerm } from "../learn/terms.ts";
import { shippedDevices } from "./device.ts";
import { leastConfigurations } from "./fit_target.ts";
import { formNames, type ModelFile, modelVersion, polynomialNames } from "./model.ts";
import { ModelFileError, parseModelFile } from "./model_file.ts";
import { modelText, placeData, readOwnJson } from "./model_text.ts";

const shippedText = (name: string) => Deno.readTextFileSync(new URL(`../../models/${name}.json`, import.meta.url));
const v100 = shippedText("v100-tf1");

/** The whole text of a refusal, which is one line and begins with the file's name. */
function refusal(text: string): string {
  const error = assertThrows(() => parseModelFile(text, "mine.json"), ModelFileError);
  assertEquals(error.file, "mine.json");
  assert(error.message.startsWith("mine.json: ") && !error.message.includes("\n"), error.message);
  return error.message.slice("mine.json: ".length);
}

type Loose = { [key: string]: Loose };

/** The refusal of a shipped file after a change. */
function refusalAfter(change: (file: Loose) => void): string {
  const file = JSON.parse(v100);
  change(file);
  return refusal(JSON.stringify(file));
}

for (const name of await shippedDevices()) {
  Deno.test(`${name}: its file can be read, names what it was made of and nothing that the program lacks`, () => {
    const model = parseModelFile(shippedText(name), `${name}.json`);
    assertEquals([model.format, model.version, model.device], ["neuralpower-model", modelVersion, name]);
    const card = model.specification ?? /^(amd-epyc|intel-xeon)-2core/.exec(name)?.[0];
    assertEquals(`${card}-${model.runtime}`, name);
    assert(model.sources.length > 0 && model.fits.length > 0);
    assertEquals(
      new Set(model.fits.map(({ kind, pass, dtype }) => `${kind} ${pass} ${dtype}`)).size,
      model.fits.length,
    );
    for (const { kind, ranges, rows, configurations, runtime, power, energy } of model.fits) {
      assert(kinds.includes(kind) && rows >= configurations && configurations >= leastConfigurations);
      assertEquals(Object.keys(ranges), featureNames(kind));
      for (const [feature, [low, high]] of Object.entries(ranges)) assert(low <= high, `${kind} ${feature}`);
      assertEquals(power === null, energy === null);
      for (const target of [runtime, power]) {
        if (target === null) continue;
        const { base, boosted, polynomials } = target;
        const mapes = { ...polynomials, base: base!, boosted: boosted! };
        // Power's default is the best on the rows that the meter resolves, which are not all; a few rows' errors are chance.
        if (target === runtime && configurations >= 100) {
          for (const form of formNames) {
            const [own, best] = [form, target.default].map((name) => mapes[name].heldOut.mape);
            // Inner folds of at most 5000 rows choose, which the reported ones may contradict by a little.
            assert(best <= 1.1 * own, `${kind}: ${form} is better than the default`);
          }
        }
        for (const each of [...boosted!.trees, ...boosted!.width ? [boosted!.width.trees] : []]) boostingFromJson(each);
        for (const polynomial of polynomialNames) {
          const { coefficients, gap, unconverged } = target.polynomials[polynomial];
          const terms = Object.keys(coefficients).map(parseTerm);
          assertEquals(compileTerms(terms, featureNames(kind)).count, terms.length);
          assert(unconverged > 0 || gap <= 1e-6, `${kind} ${polynomial} gap ${gap}`);
        }
      }
    }
  });
}

Deno.test("what is read is what was written", () => {
  const model = parseModelFile(v100, "v100-tf1.json");
  const { data, lengths: _, ...head } = JSON.parse(v100);
  placeData({ fits: head.fits, data });
  assertEquals(model, head);
  assertEquals(JSON.parse(modelText(model)), JSON.parse(v100));
  assertEquals(parseModelFile(JSON.stringify({ ...model, more: 1 }), "mine.json"), model satisfies ModelFile);
});

Deno.test("a command reads of a file that this program wrote the beginning, and data when it is asked for", async () => {
  const file = await Deno.makeTempFile();
  const model = parseModelFile(v100, "v100-tf1.json");
  try {
    // Beyond the first chunk, with characters of several bytes on its way.
    for (const command of ["fit", "é".repeat(200_001)]) {
      await Deno.writeTextFile(file, modelText({ ...model, command }));
      assertEquals(readOwnJson(file), { ...model, command });
    }
    const whole = Deno.readTextFileSync(file);
    await Deno.writeTextFile(file, whole.slice(0, 100_000));
    assertThrows(() => readOwnJson(file), SyntaxError);
    await Deno.writeTextFile(file, whole.slice(0, 600_000));
    const [fit] = (readOwnJson(file) as ModelFile).fits;
    assertThrows(() => boostingFromJson(fit.runtime.boosted!.trees[0]), TypeError, "data that is not base64");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a truncated file is refused in one line", () => {
  for (const share of [0, 0.1, 0.5, 0.99]) {
    const text = refusal(v100.slice(0, Math.floor(share * v100.length)));
    assert(/^is not whole JSON \(.+\); fit the model again$/.test(text), text);
  }
  assertEquals(refusal(""), "is not whole JSON (Unexpected end of JSON input); fit the model again");
  assertEquals(
    refusal('{"a":\n x}'),
    `is not whole JSON (Unexpected token 'x', "{"a": x}" is not valid JSON); fit the model again`,
  );
});

Deno.test("another version is refused before anything else is read", () => {
  const text = "has version 1, this program reads version 3; fit the model again";
  assertEquals(refusal('{"version": 1}'), text);
  assertEquals(refusalAfter((file) => Object.assign(file, { version: 1 })), text);
});

Deno.test("what is no model file is refused", () => {
  const form = (what: string) => `is not a model file: ${what}; fit the model again`;
  assertEquals(refusal("null"), form("the whole: Invalid type: Expected Object but received null"));
  assertEquals(refusal("[]"), form('format: Invalid key: Expected "format" but received undefined'));
  assertEquals(
    refusalAfter((file) => Object.assign(file, { format: "onnx" })),
    form('format: Invalid type: Expected "neuralpower-model" but received "onnx"'),
  );
});

Deno.test("a missing or impossible field is refused by its path", () => {
  const form = (what: string) => `is not a model file: ${what}; fit the model again`;
  const missing = (path: string, key: string) => form(`${path}: Invalid key: Expected "${key}" but received undefined`);
  assertEquals(refusalAfter((file) => delete file.device), missing("device", "device"));
  assertEquals(
    refusalAfter((file) => delete file.fits[0].runtime.polynomials.paper.heldOut.mape),
    missing("fits.0.runtime.polynomials.paper.heldOut.mape", "mape"),
  );
  assertEquals(
    refusalAfter((file) => Object.assign(file.fits[0].runtime, { least: 0 })),
    form("fits.0.runtime.least: Invalid value: Expected >0 but received 0"),
  );
  assertEquals(
    refusalAfter((file) => Object.assign(file.fits[1], { callMs: -1 })),
    form("fits.1.callMs: Invalid value: Expected >=0 but received -1"),
  );
  assertEquals(
    refusalAfter((file) => Object.assign(file.fits[0], { rows: "9" })),
    form('fits.0.rows: Invalid type: Expected number but received "9"'),
  );
  assertEquals(
    refusalAfter((file) => Object.assign(file.fits[0].runtime.boosted.trees[0], { base: null })),
    form("fits.0.runtime.boosted.trees.0: Boosted trees have base null where a finite number belongs"),
  );
});

Deno.test("a file fitted on other features is refused with their names", () => {
  const form = (what: string) => `its features of conv are not the program's: it ${what}; fit the model again`;
  const first = JSON.parse(v100).fits[0];
  assertEquals(first.kind, "conv");
  assertEquals(refusalAfter((file) => delete file.fits[0].ranges.batch), form("lacks batch"));
  assertEquals(
    refusalAfter((file) => Object.assign(file.fits[0].ranges, { colour: [0, 1] })),
    form("has colour, unknown here"),
  );
  assertEquals(
    refusalAfter((file) => {
      const { batch: _, groups: __, ...others } = file.fits[0].ranges;
      Object.assign(file.fits[0], { ranges: { ...others, colour: [0, 1], taste: [0, 1] } });
    }),
    form("lacks batch, groups and has colour, taste, unknown here"),
  );
});

Deno.test("terms and columns that the program lacks are refused by name, and so is a source that is not there", () => {
  const form = (what: string) => `its terms of conv: ${what}; fit the model again`;
  const first = (change: (fit: Loose) => void) => refusalAfter((file) => change(file.fits[0]));
  assertEquals(
    first(({ runtime }) => Object.assign(runtime.base.rates, { colour: 1 })),
    form('"colour" is not a term of the base on a gpu'),
  );
  assertEquals(
    first(({ runtime }) => Object.assign(runtime.boosted.columns, { 0: "derived_colour" })),
    form('"derived_colour" is not a column of conv on a gpu'),
  );
  assertEquals(
    first(({ runtime }) => Object.assign(runtime.base.rates, { source: 1 })),
    form("they have a source that is not in the file"),
  );
  const polynomials = first(({ runtime }) => Object.assign(runtime.polynomials.paper.coefficients, { colour: 1 }));
  assert(polynomials.startsWith("its terms of conv: ") && polynomials.includes("colour"), polynomials);
});

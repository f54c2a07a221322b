import { assert, assertEquals, assertMatch } from "@std/assert";
import { datasets, networkSets } from "../datasets/mod.ts";
import { findSpecification, type Specification, specifications } from "./specifications.ts";

/** All figures of a device by their keys in `sources`, null ones among them. */
function figures({ name: _, title: __, type: ___, sources: ____, peakTflops, ...rest }: Specification) {
  return {
    "peakTflops.float32": peakTflops.float32,
    "peakTflops.float16": peakTflops.float16,
    ...rest,
  } satisfies Record<string, number | null>;
}

Deno.test("devices have unique names that can be typed", () => {
  const names = specifications.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  assertEquals(new Set(specifications.map(({ title }) => title)).size, names.length);
  for (const name of names) assertMatch(name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
});

for (const specification of specifications) {
  const { name, sources, peakTflops, tf32Tflops, idleW, boardW } = specification;

  Deno.test(`${name}: figures are positive and each has its source, and no source stands alone`, () => {
    const all = Object.entries(figures(specification));
    for (const [key, value] of all) {
      assert(value === null || (Number.isFinite(value) && value > 0), `${name}.${key} is ${value}`);
      assert((sources[key] ?? "").length > 10, `${name}.${key} has no source`);
    }
    assertEquals(Object.keys(sources).toSorted(), all.map(([key]) => key).toSorted());
  });

  Deno.test(`${name}: the float32 peak is lanes x 2 x clock`, () => {
    const { multiprocessors, lanesPerMultiprocessor, clockGHz } = specification;
    const formula = multiprocessors * lanesPerMultiprocessor * 2 * clockGHz / 1e3;
    assert(Math.abs(peakTflops.float32 / formula - 1) < 0.03, `${peakTflops.float32} is not about ${formula}`);
  });

  Deno.test(`${name}: peaks and powers are in order`, () => {
    assert((peakTflops.float16 ?? Infinity) > peakTflops.float32);
    // Consumer cards since Ampere round to TF32 at the rate of their vector lanes.
    assert((tf32Tflops ?? Infinity) >= peakTflops.float32);
    assert((tf32Tflops ?? 0) <= (peakTflops.float16 ?? Infinity));
    assert((idleW ?? 0) < boardW);
    assert(Number.isInteger(specification.multiprocessors) && Number.isInteger(specification.lanesPerMultiprocessor));
  });
}

Deno.test("a device is found by its name only", () => {
  for (const specification of specifications) assertEquals(findSpecification(specification.name), specification);
  assertEquals(findSpecification("V100"), undefined);
  assertEquals(findSpecification(""), undefined);
  assertEquals(findSpecification("constructor"), undefined);
});

Deno.test("the data sets' devices are there", () => {
  const cards = datasets.flatMap(({ devices }) => Object.values(devices)).concat(
    networkSets.flatMap(({ devices }) => devices),
  );
  const needed = [...cards.map((device) => device.replace(/-[^-]+$/, "")), "h200", "quadro-rtx6000"];
  assertEquals(needed.filter((name) => findSpecification(name) === undefined), []);
});

Deno.test("the cards that designers compare are there, with their names on the data sheet", () => {
  const titles: Readonly<Record<string, RegExp>> = {
    ...{
      "gtx-titan-x": /GTX TITAN X/,
      "titan-x-pascal": /TITAN X .*Pascal/,
      "titan-xp": /TITAN Xp/,
      m40: /M40/,
      k80: /K80/,
    },
    ...{
      t4: /T4/,
      "quadro-rtx6000": /Quadro RTX 6000/,
      rtx2080ti: /2080 Ti/,
      rtx3090: /3090/,
      rtx4090: /4090/,
      l4: /L4/,
    },
    ...{ "a100-pcie-40gb": /A100 PCIe 40/, a100: /A100 PCIe 80/, "a100-sxm-40gb": /A100 SXM4 40/ },
    ...{ "a100-sxm-80gb": /A100 SXM4 80/, h100: /H100 SXM/, "h100-pcie": /H100 PCIe/, h200: /H200/ },
    ...{ "jetson-tx2": /Jetson TX2/, "jetson-orin": /Orin/, mi25: /MI25/, "vega-fe": /Vega Frontier/ },
  };
  for (const [name, title] of Object.entries(titles)) assertMatch(findSpecification(name)?.title ?? "missing", title);
});

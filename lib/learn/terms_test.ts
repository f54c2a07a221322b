import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { compileTerms, type Factor, parseTerm, products, termName } from "./terms.ts";

const plain = (feature: string): Factor => ({ feature, log2: false });
const log2 = (feature: string): Factor => ({ feature, log2: true });
const features = ["a", "b", "c"];

Deno.test("names: factors joined by *, equal ones a power, logarithms apart from their feature", () => {
  assertEquals(termName([plain("a")]), "a");
  assertEquals(termName([plain("a"), plain("b"), plain("a")]), "a^2*b");
  assertEquals(termName([log2("a"), log2("a"), log2("a")]), "log2(a)^3");
  assertEquals(termName([plain("a"), log2("a"), plain("b")]), "a*log2(a)*b");
});

Deno.test("every product of features and logarithms up to degree three comes back from its name", () => {
  const factors = [...features.map(plain), ...features.map(log2)];
  const names = new Set<string>();
  for (const degree of [1, 2, 3]) {
    for (const term of products(factors, degree)) {
      assertEquals(parseTerm(termName(term)), term);
      names.add(termName(term));
    }
  }
  // 6 + 21 + 56
  assertEquals(names.size, 83);
});

Deno.test("products of degree d of n factors are (n + d − 1 choose d)", () => {
  const count = (n: number, degree: number) =>
    products(Array.from({ length: n }, (_, i) => plain(`f${i}`)), degree).length;
  assertEquals([count(7, 1), count(7, 2), count(7, 3)], [7, 28, 84]);
  assertEquals([count(14, 1), count(14, 2)], [14, 105]);
  assertEquals([count(5, 2), count(10, 2), count(6, 3), count(12, 2)], [15, 55, 56, 78]);
  assertEquals(products([plain("a"), plain("b")], 2).map(termName), ["a^2", "a*b", "b^2"]);
  assertEquals(products([plain("a")], 0), [[]]);
});

Deno.test("what is no term is refused", () => {
  const form = "is not a term such as batch, inHeight^2*inChannels or log2(batch)";
  for (const name of ["", "a*", "a^4", "a^1", "log2(a", "log(a)", "a b", "a-b", "2.5"]) {
    const error = assertThrows(() => parseTerm(name), SyntaxError);
    assertEquals(error.message, `"${name}" ${form}`);
  }
  const error = assertThrows(() => parseTerm("a^3*b"), SyntaxError);
  assertEquals(error.message, `"a^3*b" has 4 factors; a term has three at most`);
});

Deno.test("terms by hand: of a = 8, b = 3, c = 0.5", () => {
  const terms = ["a", "b^2", "a*b*c", "log2(a)", "log2(a)^2*b", "log2(c)*c", "c^3"].map(parseTerm);
  const evaluator = compileTerms(terms, features);
  const vector = Float64Array.of(8, 3, 0.5), out = new Float64Array(9).fill(-7);
  evaluator.evaluate(vector, out, 1);
  assertEquals(evaluator.count, 7);
  // log2(8) = 3, 3² · 3 = 27, log2(0.5) = −1; the places before and after are left alone
  assertEquals([...out], [-7, 8, 9, 12, 3, 27, -0.5, 0.125, -7]);
  // 1 · 8 + 2 · 9 − 1 · 12 + 0.5 · 3 + 0 · 27 + 4 · −0.5 + 8 · 0.125
  assertEquals(evaluator.dot(vector, Float64Array.of(1, 2, -1, 0.5, 0, 4, 8)), 14.5);
});

Deno.test("the sum of coefficient times term is the same by dot and by evaluate", () => {
  const terms = [1, 2, 3].flatMap((degree) => products([...features.map(plain), log2("b")], degree));
  const evaluator = compileTerms(terms, features);
  const coefficients = Float64Array.from(terms, (_, t) => Math.sin(t + 1));
  for (const vector of [Float64Array.of(1, 1, 1), Float64Array.of(3, 7, 11), Float64Array.of(0.2, 1024, 5)]) {
    const values = new Float64Array(terms.length);
    evaluator.evaluate(vector, values, 0);
    const sum = values.reduce((total, value, t) => total + coefficients[t] * value, 0);
    const size = values.reduce((total, value, t) => total + Math.abs(coefficients[t] * value), 0);
    assertAlmostEquals(evaluator.dot(vector, coefficients) / size, sum / size, 1e-14);
  }
});

Deno.test("no terms sum to 0, and a term of no factors is 1", () => {
  assertEquals(compileTerms([], features).dot(Float64Array.of(1, 2, 3), new Float64Array(0)), 0);
  assertEquals(compileTerms([[]], features).dot(Float64Array.of(4, 5, 6), Float64Array.of(2)), 2);
});

Deno.test("a term of a feature that is not there is refused", () => {
  const error = assertThrows(() => compileTerms([parseTerm("a*d")], features), RangeError);
  assertEquals(error.message, `Term "a*d" needs the feature "d", which is not there`);
});

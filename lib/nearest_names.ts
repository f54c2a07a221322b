/**
 * Which known names a mistyped one may have meant.
 *
 * @module
 */

/**
 * The known names nearest to a mistyped one, nearest first.
 *
 * Names are words joined by hyphens, and a user may stop after any of them: `v10` is as near to `v100-tf1` as to `v100`. So a name's
 * distance is the least edit distance to any of its beginnings. Of equal ones the name that shares more letters from the start
 * comes first, then the shorter.
 *
 * @param count At most so many.
 */
export async function nearestNames(name: string, known: readonly string[], count = 3): Promise<string[]> {
  const { levenshteinDistance } = await import("@std/text/levenshtein-distance");
  const ranked = known.map((candidate) => {
    const words = candidate.split("-");
    const beginnings = words.map((_, last) => words.slice(0, last + 1).join("-"));
    const distance = Math.min(...beginnings.map((beginning): number => levenshteinDistance(name, beginning)));
    return { candidate, distance, shared: sharedStart(name, candidate) };
  });
  ranked.sort((a, b) => a.distance - b.distance || b.shared - a.shared || a.candidate.length - b.candidate.length);
  return ranked.slice(0, count).map(({ candidate }) => candidate);
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

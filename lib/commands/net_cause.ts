/**
 * Why a net file failed, on one line.
 *
 * @module
 */
import { NetworkError, ShapeError } from "neuralpower/dsl";

/** What Deno calls a right, and what a net file tried that lacked it. */
const tried: Readonly<Record<string, string>> = {
  read: "to read",
  write: "to write",
  net: "to use the network:",
  env: "to read the environment:",
  sys: "to ask about the system:",
  run: "to start a program:",
  ffi: "to load native code:",
  import: "to import",
  // Of files that tell of processes and the system.
  all: "to open",
};

const mayImport = 'a net file may import "neuralpower/dsl" and files in its own folder';

/**
 * Why a net file failed, on one line; with the place, and the file where it is another one.
 *
 * @param error Whatever it threw: it may be no error, or one made to deceive.
 * @param path The net file's real path.
 */
export function causeOf(error: unknown, path: string): string {
  try {
    return describe(error, path).slice(0, 500);
  } catch {
    return "throws something that cannot be read";
  }
}

function describe(error: unknown, path: string): string {
  if (!(error instanceof Error)) return `throws ${String(error)}`;
  // The DSL's own errors say what to mend.
  if (error instanceof ShapeError || error instanceof NetworkError) return String(error.message);
  const message = String(error.message).slice(0, 10_000);
  const [line] = message.split("\n");
  const at = place(`${message}\n${String(error.stack).slice(0, 20_000)}`, path);
  const denied = /Requires (\w+) access(?: to (.+?))?(?:, run again .*)?$/.exec(line);
  if (denied !== null) {
    const [, right, what = "all of it"] = denied;
    const rights = right === "import" ? mayImport : "a net file may read its own folder and the project, nothing else";
    return `tries ${tried[right] ?? `to use ${right}:`} ${what}${at}; ${rights}`;
  }
  if (/^Can't escalate parent thread permissions/.test(line)) {
    return `tries to give a worker more rights than it has${at}; a net file may read its own folder and the project`;
  }
  if (/--no-npm is specified/.test(line)) return `tries to import a package of npm${at}; ${mayImport}`;
  if (/--no-remote is specified|--cached-only is specified/.test(line)) {
    return `tries to import what is not on this disk${at}; ${mayImport}`;
  }
  const syntax = /^(?:SyntaxError: |The module's source code could not be parsed: )(.*)/.exec(line);
  return syntax !== null ? `does not parse: ${syntax[1]}${at}` : `throws ${String(error.name)}: ${line}${at}`;
}

/** Where it happened: the first place that a stack names outside the project's own modules. */
function place(text: string, path: string): string {
  const own = new URL("../../", import.meta.url).pathname;
  for (const [, encoded, line, column] of text.matchAll(/file:\/\/([^\s()]+?):(\d+):(\d+)/g)) {
    const file = decodeURIComponent(encoded);
    if (encoded.startsWith(own) && file !== path && /\/(?:dsl|lib)\//.test(encoded)) continue;
    return ` (${file === path ? "" : `${file.split("/").at(-1)}, `}line ${line}, column ${column})`;
  }
  return "";
}

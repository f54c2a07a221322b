/**
 * Net files that mean harm.
 *
 * @module
 */
/** A net file that means none. */
export const good =
  `import { network } from "neuralpower/dsl";\nexport default network("tiny", { image: [3, 16, 16], batch: 4 }, (x) => x.conv(8, { kernel: 3 }));\n`;
const inside = (statement: string) =>
  `import { network } from "neuralpower/dsl";\nexport default network("tiny", { image: [3, 16, 16] }, (x) => { ${statement}; return x.conv(8, { kernel: 3 }); });\n`;

/** What each file does, and what the line on standard error says after the file's name. */
export const hostileFiles: Readonly<Record<string, [source: string, line: RegExp]>> = {
  "reads a file elsewhere": [
    `Deno.readTextFileSync("/etc/passwd");\n${good}`,
    /^tries to read "\/etc\/passwd" \(line 1, column \d+\); a net file may read its own folder/,
  ],
  "reads above its folder": [
    `Deno.readTextFileSync(new URL("../other.txt", import.meta.url));\n${good}`,
    /^tries to read "\S*other\.txt"/,
  ],
  "imports a text elsewhere, statically": [
    `import secret from "/etc/passwd" with { type: "text" };\nconsole.log(secret);\n${good}`,
    /^tries to read "\/etc\/passwd"/,
  ],
  "imports a text elsewhere": [
    `await import("/etc/" + "passwd", { with: { type: "text" } });\n${good}`,
    /^tries to read "\/etc\/passwd"/,
  ],
  "reads elsewhere by fetch": [`await fetch("file:///etc/passwd");\n${good}`, /^tries to read "\/etc\/passwd"/],
  "reads elsewhere as Node does": [
    `import { readFileSync } from "node:fs";\nreadFileSync("/etc/passwd");\n${good}`,
    /^tries to read "\/etc\/passwd" \(line 2/,
  ],
  "lists a folder elsewhere": [`[...Deno.readDirSync("/etc")];\n${good}`, /^tries to read "\/etc"/],
  "reads the system's files of processes": [
    `Deno.readTextFileSync("/proc/self/environ");\n${good}`,
    /^tries to read "\/proc\/self\/environ"/,
  ],
  "writes": [`Deno.writeTextFileSync("x.txt", "");\n${good}`, /^tries to write "\S*x\.txt"/],
  "uses the network": [
    `await fetch("http://127.0.0.1:4321/");\n${good}`,
    /^tries to use the network: "127\.0\.0\.1:4321"/,
  ],
  "listens": [`Deno.listen({ port: 0 });\n${good}`, /^tries to use the network: "0\.0\.0\.0:0"/],
  "reads the environment": [`Deno.env.get("HOME");\n${good}`, /^tries to read the environment: "HOME"/],
  "asks about the system": [`Deno.hostname();\n${good}`, /^tries to ask about the system: "hostname"/],
  "starts a program": [`new Deno.Command("ls").outputSync();\n${good}`, /^tries to start a program: "ls"/],
  "starts a program as Node does": [
    `import { execSync } from "node:child_process";\nexecSync("ls");\n${good}`,
    /^tries to (start a program|read the environment)/,
  ],
  "loads native code": [`Deno.dlopen("./x.so", {});\n${good}`, /^tries to load native code: /],
  "imports from the web, statically": [
    `import "https://esm.sh/left-pad";\n${good}`,
    /^tries to import "esm\.sh:443" \(line 1, column \d+\); a net file may import/,
  ],
  "imports from the web": [`await import("https://esm.sh/" + "x");\n${good}`, /^tries to import "esm\.sh:443"/],
  "imports a package, statically": [
    `import "npm:left-pad@1.3.0";\n${good}`,
    /^tries to import a package of npm \(line 1/,
  ],
  "imports a package": [`await import("npm:" + "left-pad");\n${good}`, /^tries to import a package of npm \(line 1/],
  "imports from JSR": [`await import("jsr:" + "@std/assert");\n${good}`, /^tries to import "jsr\.io:443" \(line 1/],
  "asks for more rights": [
    `const { state } = await Deno.permissions.request({ name: "write" });\nif (state !== "granted") throw state;\n${good}`,
    /^throws denied$/,
  ],
  "makes a link out of its folder": [
    `Deno.symlinkSync("/etc/passwd", new URL("link.txt", import.meta.url));\n${good}`,
    /^throws NotCapable: Deno\.symlinkSync\(\) requires/,
  ],
  "reads elsewhere in a worker": [
    `new Worker("data:text/javascript," + encodeURIComponent('Deno.readTextFileSync("/etc/passwd")'), { type: "module" });
await new Promise(() => {});\n${good}`,
    /^tries to read "\/etc\/passwd"|^throws Error: Unhandled error in child worker/,
  ],
  "uses the graphics card": [
    `throw await navigator.gpu.requestAdapter() === null ? "no card" : "a card";\n${good}`,
    /^throws no card$/,
  ],
  "starts workers without end": [
    `for (;;) new Worker("data:text/javascript,for (;;);", { type: "module" });\n${good}`,
    /^needs more memory|^gives no network within 2 s|^ends its own process|^throws/,
  ],
  "starts a worker with more rights": [
    `new Worker("data:text/javascript,", { type: "module", deno: { permissions: { net: true } } });\n${good}`,
    /^tries to give a worker more rights than it has/,
  ],
  "reads elsewhere in the description": [
    inside(`Deno.readTextFileSync("/etc/passwd")`),
    /^tries to read "\/etc\/passwd" \(line 2/,
  ],
  "loops": [`for (;;);\n${good}`, /^gives no network within 2 s; .*--timeout S$/],
  "loops in the description": [inside("for (;;)"), /^gives no network within 2 s/],
  "waits for ever": [`await new Promise(() => {});\n${good}`, /^gives no network within 2 s/],
  "waits busily": [`for (;;) await null;\n${good}`, /^gives no network within 2 s/],
  "loops where it cannot be asked to end": [
    `Deno.addSignalListener("SIGTERM", () => {});\nfor (;;);\n${good}`,
    /^gives no network within 2 s/,
  ],
  "ends the process": [`Deno.exit(0);\n${good}`, /^ends its own process \(status 0\) before it gives a network$/],
  "kills the process": [
    `Deno.kill(Deno.pid, "SIGKILL");\n${good}`,
    /^ends its own process \(SIGKILL\)|^tries to start/,
  ],
  "aborts the process": [
    `import process from "node:process";\nprocess.abort();\n${good}`,
    /^ends its own process \(SIGABRT\)/,
  ],
  "kills the command": [`Deno.kill(Deno.ppid, "SIGKILL");\n${good}`, /^tries to start a program/],
  "kills every process": [`Deno.kill(-1, "SIGKILL");\n${good}`, /^tries to start a program/],
  "closes its output": [`Deno.stdout.close();\n${good}`, /^ends its own process \(status 1\)/],
  "reads what the command sends": [
    `for (;;) Deno.stdin.readSync(new Uint8Array(1000));\n${good}`,
    /^gives no network within 2 s/,
  ],
  "prints without end": [
    `for (;;) console.log("x".repeat(1e6));\n${good}`,
    /^prints more than 32 MiB; print less$|^gives no network/,
  ],
  "prints errors without end": [`for (;;) console.error("x".repeat(1e6));\n${good}`, /^gives no network within 2 s/],
  "calls itself without end": [
    `const again = () => again();\nagain();\n${good}`,
    /^throws RangeError: Maximum call stack/,
  ],
  "builds itself in its description": [
    `import { network } from "neuralpower/dsl";\nconst net = network("n", { vector: 4 }, (x) => { net.build(); return x; });\nexport default net;\n`,
    /^throws RangeError: Maximum call stack/,
  ],
  "imports itself in a cycle, too early": [
    `export { default } from "./b.ts";\nexport const width = 8;\n`,
    /^throws ReferenceError: Cannot access 'width' before initialization \(b\.ts, line 3/,
  ],
  "has a regular expression that takes for ever": [
    `/^(a+)+$/.test("a".repeat(50) + "b");\n${good}`,
    /^gives no network within 2 s/,
  ],
  "posts an answer": [`self.postMessage("{}");\n${good}`, /^throws TypeError: self\.postMessage is not a function/],
  "prints an answer and ends": [
    `console.log('{"network":{}}'); Deno.exit(0);\n${good}`,
    /^ends its own process \(status 0\)/,
  ],
  "stores what another could read": [
    `localStorage.setItem("secret", "1");\n${good}`,
    /^throws ReferenceError: localStorage is not defined/,
  ],
  "stores more than it may": [
    `await (await caches.open("v")).put("http://a/", new Response("1"));\n${good}`,
    /^throws ReferenceError: caches is not defined/,
  ],
  "reads its answer's mark": [
    `let calls = 0;
Uint8Array.prototype.subarray = function () {
  if (calls++ > 0) for (;;);
  return new TextEncoder().encode("<" + new TextDecoder().decode(this).slice(0, 36));
};
throw new Error("caught");\n`,
    /^throws Error: caught \(line 6/,
  ],
  "answers with more than can be read": [
    `import { NetworkDefinition } from "neuralpower/dsl";
export default { __proto__: NetworkDefinition.prototype, build: () => ({ layers: [], outputs: ["x".repeat(4e7)] }) };\n`,
    /^prints more than 32 MiB; print less$/,
  ],
  "misspells the batch": [
    `import { network } from "neuralpower/dsl";\nexport default network("n", { image: [3, 8, 8], bacth: 4 }, (x) => x.flatten());\n`,
    /^Unknown option "bacth" of network; it has image, tokens, vector, batch, dtype/,
  ],
  "has a bias that is no yes or no": [
    `import { network } from "neuralpower/dsl";\nexport default network("n", { tokens: [196, 768] }, (x) => x.attention({ heads: 12, bias: -2 }));\n`,
    /bias must be true or false, got -2/,
  ],
  "throws no error": [`throw "no";\n${good}`, /^throws no$/],
  "throws null": [`throw null;\n${good}`, /^throws null$/],
  "throws what cannot be read": [
    `throw new Proxy(new Error(), { get() { throw 1; }, getPrototypeOf() { throw 2; } });\n${good}`,
    /^throws something that cannot be read$/,
  ],
  "throws a message that steers a terminal": [
    `throw new Error("a\\x1b[2Jb\\u202Ec\\nd");\n${good}`,
    // deno-lint-ignore no-control-regex
    /^throws Error: a[^\x1b]\[2Jb[^\u202e]c/,
  ],
  "throws a message of a megabyte": [`throw new Error("x".repeat(1e6));\n${good}`, /^throws Error: x{100,900}$/],
  "rejects what nobody handles": [
    `Promise.reject(new Error("later"));\nawait new Promise((resolve) => setTimeout(resolve, 50));\n${good}`,
    /^throws Error: later \(line 1/,
  ],
  "throws later": [
    `setTimeout(() => { throw new Error("later"); });\nawait new Promise((resolve) => setTimeout(resolve, 50));\n${good}`,
    /^throws Error: later \(line 1/,
  ],
  "has a default export that throws": [
    `import { NetworkDefinition } from "neuralpower/dsl";\nexport default { __proto__: NetworkDefinition.prototype, get build() { throw new Error("gotcha"); } };\n`,
    /^throws Error: gotcha/,
  ],
  "exports a proxy": [
    `export default new Proxy({}, { getPrototypeOf() { throw new Error("gotcha"); } });\n`,
    /^throws Error: gotcha/,
  ],
  "exports no network": [`export default 3;\n`, /^exports something else than a network by default; /],
  "lets objects become nothing in JSON": [
    `Object.prototype.toJSON = () => undefined;\n${good}`,
    /^gives a network that cannot be used: the network is no object$/,
  ],
  "changes what objects become in JSON": [
    `Object.prototype.toJSON = () => "fooled";\n${good}`,
    /^gives a network that cannot be used: the network is no object$/,
  ],
};

/** What a file imports that imports it in turn. */
export const cyclic =
  `import { width } from "./a.np.ts";\nimport { network } from "neuralpower/dsl";\nconst channels = width;
export default network("n", { image: [3, 8, 8] }, (x) => x.conv(channels, { kernel: 1 }));\n`;

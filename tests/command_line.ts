/**
 * Runs the commands as a user does: a process of its own, with the task's permissions.
 *
 * @module
 */

/** The repository's root. */
export const root = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** What a command left. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const permissions: Readonly<Record<string, string>> = {
  predict: "predict",
  show: "predict",
  devices: "read",
  fit: "fit",
};

/** Runs `deno task NAME …`, without the line that `deno task` itself prints, from the user's folder `cwd`. */
export async function command(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "--v8-flags=--no-lazy", `-P=${permissions[args[0]] ?? "predict"}`],
      ...["lib/commands/main.ts", ...args],
    ],
    cwd: root,
    env: { NO_COLOR: "1", INIT_CWD: options.cwd ?? root, ...options.env },
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Writes files to a new folder, and removes it when disposed of. */
export async function temporaryFolder(
  files: Readonly<Record<string, string>>,
): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${path}/${name}`, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** A net file that gives what `body` says. */
export const net = (body: string) => `import { network } from "neuralpower/dsl";\nexport default ${body};\n`;

/** The smallest one. */
export const tiny = net(
  `network("tiny", { image: [3, 16, 16], batch: 4 }, (x) => x.conv(8, { kernel: 3, activation: "relu" }))`,
);

/**
 * How a reader ends on an input.
 *
 * @module
 */
import { ownErrors } from "./readers.ts";

/** How an input ended: as a network (or whatever is read), as an error for the user, or badly. */
export type Outcome = "read" | "refused" | "fault";

/** How a reader ends on an input. */
export async function outcomeOf(
  read: (bytes: Uint8Array) => unknown,
  bytes: Uint8Array,
): Promise<{ outcome: Outcome; what: string }> {
  try {
    await read(bytes);
    return { outcome: "read", what: "" };
  } catch (error) {
    const known = ownErrors.some((own) => error instanceof own);
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    if (!known) return { outcome: "fault", what: `${name}: ${message}\n${stack?.split("\n").slice(1, 6).join("\n")}` };
    // deno-lint-ignore no-control-regex
    const oneLine = message.length <= 1500 && !/[\x00-\x1f\x7f\u2028\u2029]/.test(message);
    return oneLine
      ? { outcome: "refused", what: message }
      : { outcome: "fault", what: `Not one line: ${message.slice(0, 300)}` };
  }
}

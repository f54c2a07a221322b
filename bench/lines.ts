/**
 * Lines of a stream of text.
 *
 * @module
 */

/** Splits text at line feeds; what follows the last one is a line too, if there is any. */
export class TextLineStream extends TransformStream<string, string> {
  /** Lines come without their line feeds. */
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
      flush(controller) {
        if (rest !== "") controller.enqueue(rest);
      },
    });
  }
}

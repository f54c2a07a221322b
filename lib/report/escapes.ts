/**
 * Text of other people, names and messages, where something takes it for more than text: Markdown, who reads JSON, and GitHub's runner,
 * which reads all that a step prints.
 *
 * @module
 */

/** Text without commands of GitHub's runner: it takes `::error::…` for one at a line's beginning, and `##[error]…` anywhere. */
export function withoutCommands(text: string): string {
  return text.replace(/^(?=[^\S\n\r]*::)/gm, "| ").replaceAll("##[", "## [");
}

/** Text as Markdown that shows it: no link, picture, code, mention, HTML or end of a cell. */
export function markdown(text: string): string {
  return text.replace(/[\\`[\]|!@&]|^[:#>]|:(?=\/\/)|(?<=www)\./g, "\\$&").replaceAll("<", "&lt;");
}

/** JSON, in which what steers a terminal or a runner or turns text around is written as its number: the values are the same. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\x7f-\x9f\p{Bidi_Control}]|(?<=##)\[/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

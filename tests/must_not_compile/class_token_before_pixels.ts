// A parameter is of the sort of the value it is like.
import { concatAlong, type ImageValue, parameter, type TokensValue } from "neuralpower/dsl";

export function classed(image: ImageValue, tokens: TokensValue) {
  return concatAlong("length", parameter(image, [1, 1, 1, 32]), tokens); // error: TS2769
}

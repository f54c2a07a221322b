// Ranks are told apart though both values have elements to multiply.
import { type ImageValue, mul, type TokensValue } from "neuralpower/dsl";

export function gate(image: ImageValue, tokens: TokensValue) {
  return mul(image, tokens); // error: TS2345
}

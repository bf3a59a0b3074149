import { series } from "../../wasm/math/sin-pi.js";
import { literal, polynomial, type Source } from "./source.js";

/** `sin(πx)` for |x| ≤ ½ with π in two parts: what the left out terms add is below 2⁻²⁸ of it. */
export const sinPi: Source = {
  name: "sinPi",
  calls: [],
  text: () => `fn sinPi_N(x: F) -> F {
  let z = x * x;
  return x * ${literal(Math.PI)} + x * ${polynomial("z", [Math.PI - Math.fround(Math.PI), ...series.slice(1, 7)])};
}
`,
};

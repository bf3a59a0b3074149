import { exact, ulpsOff } from "../../spec/backends/wasm/math/exact.js";
import { reference, ulpsOffSingle } from "../../spec/backends/wasm/math/reference.js";
import { capacity, vectorized } from "../../spec/backends/wasm/math/vectors.js";

export interface Worst {
  readonly ulps: number;
  readonly at: number;
  /** Results that are not the nearest number. */
  readonly misrounded: number;
}

/** The worst error of a function of one single over the bit patterns from, from + stride, … below `to`. */
export function scanSingles(name: string, from: number, to: number, stride: number): Worst {
  const { inputs, output, run } = vectorized(name, "f32", true);
  const [x] = inputs;
  const bits = new Uint32Array(x.buffer, x.byteOffset, capacity);
  const precise = reference[name];
  let [ulps, at, misrounded] = [0, 0, 0];
  for (let base = from; base < to; base += capacity * stride) {
    const count = Math.min(capacity, Math.ceil((to - base) / stride));
    for (let i = 0; i < count; i++) bits[i] = base + i * stride;
    run(count);
    for (let i = 0; i < count; i++) {
      const y = output[i];
      const expected = precise(x[i]);
      const rounded = Math.fround(expected);
      if ((y === rounded && y !== 0) || Object.is(y, rounded)) continue;
      misrounded++;
      const rough = ulpsOffSingle(y, expected);
      if (rough <= ulps) continue;
      // The reference has errors of its own.
      const sure = rough === Infinity ? rough : ulpsOff(y, exact[name](x[i]), "f32");
      if (sure > ulps) [ulps, at] = [sure, x[i]];
    }
  }
  return { ulps, at, misrounded };
}

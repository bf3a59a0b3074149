import type { HostKernel } from "../backend.js";
import { threefry2x32 } from "../threefry.js";

/** Word `2i + j` is word `j` of the block whose counter is `i`. */
export const threefry: HostKernel = ([key], out) => {
  for (let i = 0; i < out.length; i += 2) {
    const [x, y] = threefry2x32(key[0], key[1], i / 2, 0);
    out[i] = x;
    if (i + 1 < out.length) out[i + 1] = y;
  }
};

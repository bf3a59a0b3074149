import { type CallCompiler, reader, sizeOf } from "./call.js";
import { type Scan, scan } from "./scan.js";
import { Scratch } from "./scratch.js";

/** Running totals along the last axis, from either end. */
export const compileCumsum: CallCompiler = ({ inputs: [x], output, dtype, shape, attributes }, label) => {
  const length = shape[shape.length - 1];
  const rows = sizeOf(shape.slice(0, -1));
  if (rows * length === 0) return { dispatches: [] };
  const scratch = new Scratch();
  const dispatches = scan({
    label,
    dtype: dtype as Scan["dtype"],
    rows,
    length,
    source: (shader) => reader(shader, x),
    output: { slot: output },
    exclusive: attributes.exclusive === true,
    reverse: attributes.reverse === true,
    scratch,
  });
  return { dispatches, scratch: scratch.words };
};

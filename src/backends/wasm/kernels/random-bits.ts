import { rotations } from "../../threefry.js";
import {
  call,
  i32x4,
  type Local,
  load,
  type ModuleBuilder,
  op,
  shuffle,
  store,
  type Value,
} from "../assembler/index.js";
import { addressOf, type CallCompiler, sizeOf } from "./call.js";
import { offsetBy } from "./quad.js";
import { copySpan } from "./spans.js";
import { kernelParameters } from "./table.js";

const rounds = 20;

/** Vectors of four counters that are computed side by side, as one waits for each of its instructions. */
const width = 2;
const words = 8 * width;

/** Threefry's words from a key of two; units are as many as are computed at once. */
export const compileThreefry: CallCompiler = (module, layout, { inputs: [key], output, shape }) => {
  const length = sizeOf(shape);
  const whole = Math.floor(length / words);
  const units = Math.ceil(length / words);
  const fill = compileBlock(module);
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to, own) => {
    const source = f.let(addressOf(layout, table, key));
    const keys = [f.let(load("i32.load", source)), f.let(load("i32.load", source, 4))];
    const out = f.let(offsetBy(layout.slot(table, output), from, 4 * words));
    const [unit, end] = [f.let(from), f.let(to)];
    const isLast = op("i32.gt_u", to, whole);
    f.if(isLast, () => f.set(end, whole));
    f.for(unit, end, 1, () => {
      f.do(call(fill, ...keys, unit, out));
      f.advance(out, 4 * words);
    });
    if (units === whole) return;
    f.if(isLast, () => {
      f.do(call(fill, ...keys, whole, own));
      copySpan(f, out, own, 4 * (length % words));
    });
  });
  return { phases: [{ callable, units, unitSize: 4 * words }], scratch: { shared: 0, own: 4 * words } };
};

/** The function that writes one unit: both words of the key, the unit's number, and where to. */
function compileBlock(module: ModuleBuilder): ReturnType<ModuleBuilder["function"]> {
  return module.function(["i32", "i32", "i32", "i32"], undefined, (f, key0, key1, unit, out) => {
    const last = op("i32.xor", op("i32.xor", key0, key1), 0x1bd11bda);
    const keys = [key0, key1, last].map((key) => f.let(op("i32x4.splat", key)));
    const first = op("i32x4.add", op("i32x4.splat", op("i32.mul", unit, words / 2)), i32x4(0, 1, 2, 3));
    const counters = f.let(op("i32x4.add", first, keys[0]));
    const pairs = Array.from({ length: width }, (_, i) => ({
      x: f.let(op("i32x4.add", counters, i32x4(4 * i))),
      y: f.let(keys[1]),
    }));
    for (let round = 0; round < rounds; round++) {
      for (const { x, y } of pairs) f.set(x, op("i32x4.add", x, y));
      for (const { x, y } of pairs) f.set(y, op("v128.xor", turned(y, rotations[round % rotations.length]), x));
      if (round % 4 !== 3) continue;
      const injection = (round + 1) / 4;
      const added = f.let(op("i32x4.add", keys[(injection + 1) % 3], i32x4(injection)));
      for (const { x, y } of pairs) {
        f.set(x, op("i32x4.add", x, keys[injection % 3]));
        f.set(y, op("i32x4.add", y, added));
      }
    }
    pairs.forEach(({ x, y }, i) => {
      f.do(store("v128.store", out, interleaved(x, y, 0), 32 * i));
      f.do(store("v128.store", out, interleaved(x, y, 8), 32 * i + 16));
    });
  });
}

/** All lanes rotated to the left; whole bytes are but moved. */
function turned(x: Local, by: number): Value {
  if (by % 8 > 0) return op("v128.or", op("i32x4.shl", x, by), op("i32x4.shr_u", x, 32 - by));
  const bytes = Array.from({ length: 16 }, (_, i) => (i & 12) + ((i + 4 - by / 8) & 3));
  return shuffle(x, x, bytes);
}

/** Two lanes of each, by turns, from a byte on. */
function interleaved(x: Local, y: Local, byte: number): Value {
  return shuffle(
    x,
    y,
    [0, 16, 4, 20].flatMap((lane) => [0, 1, 2, 3].map((i) => byte + lane + i)),
  );
}

import { clear, i32, load, op, store } from "../assembler/index.js";
import { addressOf, type CallCompiler, integers } from "./call.js";
import { kernelParameters } from "./table.js";

/** Bytes of an entry of the table: an id, and one more than the position at which it came first. */
const entry = 8;

/**
 * For each id the position at which it came first: an open-addressing table, at most half full, in the order of the
 * ids, so that it is one unit.
 */
export const compileFirstOccurrence: CallCompiler = (module, layout, { inputs: [ids], output, shape: [count] }) => {
  const bits = Math.ceil(Math.log2(count)) + 1;
  const places = 2 ** bits;
  const callable = module.function([...kernelParameters], undefined, (f, table) => {
    const entries = f.let(layout.scratch(table));
    f.do(clear(entries, places * entry));
    const source = f.let(addressOf(layout, table, ids));
    const out = f.let(layout.slot(table, output));
    const [position, id, place, at, known] = [f.let(0), ...integers(f, 4)];
    f.for(position, count, 1, () => {
      f.set(id, load("i32.load", source));
      // The high bits of a multiple of 2³² divided by the golden ratio: neighbouring ids end up far apart.
      f.set(place, op("i32.shr_u", op("i32.mul", id, i32(0x9e3779b1)), 32 - bits));
      f.loop((again) => {
        f.set(at, op("i32.add", entries, op("i32.mul", place, entry)));
        f.set(known, load("i32.load", at, 4));
        f.if(
          op("i32.eqz", known),
          () => {
            f.set(known, op("i32.add", position, 1));
            f.do(store("i32.store", at, id));
            f.do(store("i32.store", at, known, 4));
          },
          () => {
            f.if(op("i32.ne", load("i32.load", at), id), () => {
              f.set(place, op("i32.and", op("i32.add", place, 1), places - 1));
              f.branch(again);
            });
          },
        );
      });
      f.do(store("i32.store", out, op("i32.sub", known, 1)));
      f.advance(source, 4);
      f.advance(out, 4);
    });
  });
  return { phases: [{ callable, units: 1, unitSize: count }], scratch: { shared: places * entry, own: 0 } };
};

import {
  atLane,
  call,
  type FunctionBuilder,
  f64,
  i64,
  type Library,
  type Local,
  op,
  select,
  type Value,
} from "../assembler/index.js";
import { inDouble } from "./halves.js";
import { Lanes } from "./lanes.js";

/**
 * `x % y` as JavaScript has it: exactly `x − trunc(x / y)·y`, with the sign of x.
 *
 * Long division: whole digits of the quotient are taken off x until it is below y, 11 bits a time in double precision,
 * 28 bits a time in single precision, which is computed in double precision. Most operands need one step.
 *
 * @source Knuth, "The Art of Computer Programming", volume 2, 3rd edition, Addison-Wesley 1997, section 4.3.1
 */
export function remainder(v: Lanes, x: Local, y: Local): Value {
  if (v.precision === "f32") return inDouble(v, v.module.use(remainderOfSingles), x, y);
  const one = v.module.use(remainderOfOne);
  const ofLane = (lane: number): Value =>
    call(one, atLane("f64x2.extract_lane", lane, x), atLane("f64x2.extract_lane", lane, y));
  return atLane("f64x2.replace_lane", 1, op("f64x2.splat", ofLane(0)), ofLane(1));
}

/** Of doubles that hold singles. */
const remainderOfSingles: Library = (module) =>
  module.function(["v128", "v128"], "v128", (f, x, y) => {
    const v = new Lanes(module, f, "f64");
    const magnitude = v.let(v.abs(x));
    const defined = v.let(v.and(v.less(magnitude, Infinity), v.less(0, v.abs(y))));
    const rest = v.let(v.and(magnitude, defined));
    // Beyond all singles, so that an infinite divisor needs no care.
    const divisor = v.let(v.choose(defined, v.lesser(v.abs(y), 2 ** 200), 1));
    v.whileAny(
      () => v.lessEqual(divisor, rest),
      () => {
        // A quotient of 29 bits times a divisor of 24 bits is exact.
        const gap = v.let(v.subBits(v.shiftRight(rest, 52), v.shiftRight(divisor, 52)));
        const excess = v.let(v.subBits(gap, v.bits(28n)));
        const raise = v.and(excess, op("i64x2.gt_s", excess, v.bits(0n)));
        const step = v.let(v.addBits(divisor, v.shiftLeft(raise, 52)));
        v.set(rest, v.sub(rest, v.mul(v.trunc(v.div(rest, step)), step)));
        // The quotient may have been rounded up to the next whole number.
        v.set(rest, v.add(rest, v.and(v.less(rest, 0), step)));
      },
    );
    f.return(v.choose(defined, v.signed(rest, x), NaN));
  });

const mantissa = (1n << 52n) - 1n;
const infinity = 0x7ffn << 52n;

const remainderOfOne: Library = (module) =>
  module.function(["f64", "f64"], "f64", (f, x, y) => {
    const sign = f.let(op("i64.and", op("i64.reinterpret_f64", x), i64(1n << 63n)));
    const a = f.let(op("i64.reinterpret_f64", op("f64.abs", x)));
    const b = f.let(op("i64.reinterpret_f64", op("f64.abs", y)));
    const endless = op("i32.or", op("i64.ge_s", a, i64(infinity)), op("i64.gt_s", b, i64(infinity)));
    f.if(op("i32.or", endless, op("i64.eqz", b)), () => f.return(f64(NaN)));
    f.if(op("i64.lt_s", a, b), () => f.return(x));

    const dividend = decompose(f, a);
    const divisor = decompose(f, b);
    const rest = f.let(op("i64.rem_u", dividend.mantissa, divisor.mantissa));
    const gap = f.let(op("i64.sub", dividend.exponent, divisor.exponent));
    f.loop((again) => {
      f.if(op("i64.gt_s", gap, i64(0n)), () => {
        const step = f.let(select(op("i64.lt_s", gap, i64(11n)), gap, i64(11n)));
        f.set(rest, op("i64.rem_u", op("i64.shl", rest, step), divisor.mantissa));
        f.set(gap, op("i64.sub", gap, step));
        f.branch(again);
      });
    });
    f.if(op("i64.eqz", rest), () => f.return(op("f64.reinterpret_i64", sign)));

    const shift = f.let(op("i64.sub", op("i64.clz", rest), i64(11n)));
    const exponent = f.let(op("i64.sub", divisor.exponent, shift));
    f.set(rest, op("i64.shl", rest, shift));
    f.if(
      op("i64.gt_s", exponent, i64(0n)),
      () => f.set(rest, op("i64.add", op("i64.and", rest, i64(mantissa)), op("i64.shl", exponent, i64(52n)))),
      () => f.set(rest, op("i64.shr_u", rest, op("i64.sub", i64(1n), exponent))),
    );
    f.return(op("f64.reinterpret_i64", op("i64.or", rest, sign)));
  });

/** A positive double's bits as a mantissa of 53 bits and an exponent, which is 0 or less for subnormal numbers. */
function decompose(f: FunctionBuilder, bits: Local): { readonly mantissa: Local; readonly exponent: Local } {
  const exponent = f.let(op("i64.shr_u", bits, i64(52n)));
  const whole = f.let(op("i64.or", op("i64.and", bits, i64(mantissa)), i64(mantissa + 1n)));
  f.if(op("i64.eqz", exponent), () => {
    const shift = f.let(op("i64.sub", op("i64.clz", bits), i64(11n)));
    f.set(whole, op("i64.shl", bits, shift));
    f.set(exponent, op("i64.sub", i64(1n), shift));
  });
  return { mantissa: whole, exponent };
}

import type { DType } from "../../backend.js";
import { clear, type FunctionBuilder, i32, type Local, load, op, store, type Value } from "../assembler/index.js";
import { bytesOf } from "./quad.js";
import { keyBytes, keyDigits, keyOf } from "./sort-keys.js";

/** Bytes of the counts of one digit, a byte of the key. */
const countsBytes = 256 * 4;

/** Bytes of memory that sorting a row takes: counts, and keys and positions twice. */
export function radixScratch(dtype: DType, length: number): number {
  return keyDigits(dtype) * countsBytes + 2 * length * (keyBytes(dtype) + 4);
}

/**
 * The address of the positions that sort a row: a stable sort by digits, the lowest first; digits that all keys share are
 * passed over.
 */
export function radixOrder(
  f: FunctionBuilder,
  dtype: DType,
  length: number,
  descending: boolean,
  row: Local,
  own: Local,
): Local {
  const type = dtype === "f64" ? "i64" : "i32";
  const [size, digits] = [keyBytes(dtype), keyDigits(dtype)];
  let end = digits * countsBytes;
  const array = (bytes: number) => {
    const address = f.let(op("i32.add", own, end));
    end += bytes;
    return address;
  };
  const [keys, otherKeys] = [array(length * size), array(length * size)];
  const [order, otherOrder] = [array(length * 4), array(length * 4)];
  const [i, key, at, place] = [f.let(0), f.local(type), f.local("i32"), f.local("i32")];
  const [keyAt, orderAt] = [f.local("i32"), f.local("i32")];
  const rewind = () => {
    f.set(i, 0);
    f.set(keyAt, keys);
    f.set(orderAt, order);
  };
  const step = () => {
    f.advance(keyAt, size);
    f.advance(orderAt, 4);
  };

  f.do(clear(own, digits * countsBytes));
  const source = f.let(row);
  rewind();
  f.for(i, length, 1, () => {
    f.set(key, keyOf(f, dtype, source, descending));
    f.do(store(`${type}.store`, keyAt, key));
    f.do(store("i32.store", orderAt, i));
    for (let digit = 0; digit < digits; digit++) {
      f.set(at, countOf(own, key, i32(8 * digit)));
      const counted = op("i32.add", load("i32.load", at, digit * countsBytes), 1);
      f.do(store("i32.store", at, counted, digit * countsBytes));
    }
    f.advance(source, bytesOf[dtype]);
    step();
  });

  const [shift, counts] = [f.let(0), f.let(own)];
  f.for(shift, 8 * digits, 8, () => {
    f.set(at, countOf(counts, load(`${type}.load`, keys), shift));
    f.if(op("i32.ne", load("i32.load", at), i32(length)), () => {
      startsFromCounts(f, counts);
      rewind();
      f.for(i, length, 1, () => {
        f.set(key, load(`${type}.load`, keyAt));
        f.set(at, countOf(counts, key, shift));
        f.set(place, load("i32.load", at));
        f.do(store("i32.store", at, op("i32.add", place, 1)));
        f.do(store(`${type}.store`, op("i32.add", otherKeys, op("i32.mul", place, size)), key));
        const position = load("i32.load", orderAt);
        f.do(store("i32.store", op("i32.add", otherOrder, op("i32.mul", place, 4)), position));
        step();
      });
      exchange(f, keys, otherKeys, at);
      exchange(f, order, otherOrder, at);
    });
    f.advance(counts, countsBytes);
  });
  return order;
}

/** Where the count of a key's digit is. */
function countOf(counts: Local, key: Value, shift: Value): Value {
  const digit =
    key.type === "i64"
      ? op("i32.wrap_i64", op("i64.shr_u", key, op("i64.extend_i32_u", shift)))
      : op("i32.shr_u", key, shift);
  return op("i32.add", counts, op("i32.mul", op("i32.and", digit, 255), 4));
}

/** Makes of each count the number of keys with a smaller digit. */
function startsFromCounts(f: FunctionBuilder, counts: Local): void {
  const [i, at, sum, count] = [f.let(0), f.let(counts), f.let(0), f.local("i32")];
  f.for(i, 256, 1, () => {
    f.set(count, load("i32.load", at));
    f.do(store("i32.store", at, sum));
    f.advance(sum, count);
    f.advance(at, 4);
  });
}

function exchange(f: FunctionBuilder, a: Local, b: Local, spare: Local): void {
  f.set(spare, a);
  f.set(a, b);
  f.set(b, spare);
}

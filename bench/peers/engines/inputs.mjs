// The numbers that every engine is given: a hash of their position, so that no engine needs another's files.

/** A hash of 32 bits; `torch.py` has the same. */
function hashed(position, stream) {
  let x = (position + Math.imul(stream, 0x9e3779b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** In [−1, 1), exact in f32. */
export const unit = (position, stream) => (hashed(position, stream) >>> 8) / 2 ** 23 - 1;

/** `length` numbers in [−scale, scale), f32. */
export function floats(stream, length, scale = 1) {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = unit(i, stream) * scale;
  return values;
}

/** `length` whole numbers in [0, below). */
export function integers(stream, length, below) {
  return Int32Array.from({ length }, (_, i) => Math.floor((hashed(i, stream) * below) / 2 ** 32));
}

/** The data of each work; `seed` sets the streams apart. Engines in other languages mirror it. */
export function inputsOf(work, size, seed) {
  const stream = (at) => seed * 16 + at;
  switch (work) {
    case "matmul":
      return { a: floats(stream(0), size * size), b: floats(stream(1), size * size) };
    case "gelu":
    case "softplus":
    case "affineRelu":
      return { x: floats(stream(0), size, 4) };
    case "gate":
      return { x: floats(stream(0), size, 4), y: floats(stream(1), size, 4) };
    case "mlp":
      return {
        x: floats(stream(0), 128 * 784),
        labels: integers(stream(1), 128, 10),
        w1: floats(stream(2), 784 * 256, 0.05),
        b1: floats(stream(3), 256, 0.05),
        w2: floats(stream(4), 256 * 10, 0.1),
        b2: floats(stream(5), 10, 0.1),
      };
    case "full":
    case "sampled":
      return {
        hidden: floats(stream(0), 256 * 64),
        table: floats(stream(1), size * 64, 0.3),
        labels: integers(stream(2), 256, size),
        ids: integers(stream(3), 64, size),
      };
    case "tiny":
    case "tinyGrad":
    case "tinyCompiled":
      return { a: floats(stream(0), 4), b: floats(stream(1), 4) };
    case "sum":
      return { x: new Float32Array(size).fill(0.1) };
    default:
      throw new RangeError(`inputsOf: work is ${work} but must be one of those listed`);
  }
}

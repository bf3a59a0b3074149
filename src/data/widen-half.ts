/** IEEE 754 half-precision numbers, little-endian, as 32-bit floats: every bit of their value, and of a NaN, is kept. */
export function widenFloat16(bytes: Uint8Array): Float32Array {
  const floats = new Float32Array(bytes.length / 2);
  const bits = new Uint32Array(floats.buffer);
  for (let at = 0; at < floats.length; at += 1) {
    const half = bytes[2 * at]! | (bytes[2 * at + 1]! << 8);
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      floats[at] = fraction * 2 ** -24; // subnormal, or zero
      bits[at]! |= sign;
    } else {
      const wide = exponent === 0x1f ? 0xff : exponent + 112;
      bits[at] = sign | (wide << 23) | (fraction << 13);
    }
  }
  return floats;
}

/** bfloat16 numbers, little-endian, as the 32-bit floats whose upper halves they are. */
export function widenBfloat16(bytes: Uint8Array): Float32Array {
  const floats = new Float32Array(bytes.length / 2);
  const bits = new Uint32Array(floats.buffer);
  for (let at = 0; at < bits.length; at += 1) bits[at] = (bytes[2 * at]! << 16) | (bytes[2 * at + 1]! << 24);
  return floats;
}

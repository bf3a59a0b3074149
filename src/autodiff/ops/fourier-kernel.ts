/**
 * In place, `re + i·im` becomes `X[k] = Σ_j x[j]·e^(sign·2πi·jk/n)`, for any length: by halving where it is a power of
 * two, else as a convolution with a chirp.
 *
 * @source Cooley, Tukey, "An Algorithm for the Machine Calculation of Complex Fourier Series", Math. Comp. 1965
 * @source Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", IEEE Trans. Audio
 * Electroacoust. 1970
 */
export function transformLine(re: Float64Array, im: Float64Array, sign: number): void {
  const n = re.length;
  if (n < 2) return;
  if ((n & (n - 1)) === 0) halving(re, im, sign);
  else chirp(re, im, sign);
}

function halving(re: Float64Array, im: Float64Array, sign: number): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  // Each root of unity on its own: products of roots would pile up rounding.
  const cosines = Float64Array.from({ length: n / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sines = Float64Array.from({ length: n / 2 }, (_, k) => sign * Math.sin((2 * Math.PI * k) / n));
  for (let half = 1; half < n; half *= 2) {
    const step = n / (2 * half);
    for (let start = 0; start < n; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [a, b] = [start + k, start + k + half];
        const [c, s] = [cosines[k * step], sines[k * step]];
        const x = c * re[b] - s * im[b];
        const y = c * im[b] + s * re[b];
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

/** `jk = (j² + k² − (k − j)²) / 2` makes the transform a convolution, done at the next power of two ≥ 2n − 1. */
function chirp(re: Float64Array, im: Float64Array, sign: number): void {
  const n = re.length;
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const angle = (j: number) => (Math.PI * ((j * j) % (2 * n))) / n; // reduced first: j² alone would lose digits
  const cosines = Float64Array.from({ length: n }, (_, j) => Math.cos(angle(j)));
  const sines = Float64Array.from({ length: n }, (_, j) => sign * Math.sin(angle(j)));
  const [a, b, c, d] = [0, 1, 2, 3].map(() => new Float64Array(size));
  for (let j = 0; j < n; j++) {
    a[j] = re[j] * cosines[j] - im[j] * sines[j];
    b[j] = re[j] * sines[j] + im[j] * cosines[j];
    c[j] = cosines[j];
    d[j] = -sines[j];
    if (j > 0) [c[size - j], d[size - j]] = [c[j], d[j]];
  }
  halving(a, b, 1);
  halving(c, d, 1);
  for (let k = 0; k < size; k++) {
    [a[k], b[k]] = [(a[k] * c[k] - b[k] * d[k]) / size, (a[k] * d[k] + b[k] * c[k]) / size];
  }
  halving(a, b, -1);
  for (let k = 0; k < n; k++) {
    re[k] = a[k] * cosines[k] - b[k] * sines[k];
    im[k] = a[k] * sines[k] + b[k] * cosines[k];
  }
}

/** Calls `each(start)` for every line along an axis: its elements are at `start + j·inner`. */
export function forEachLine(size: number, length: number, inner: number, each: (start: number) => void): void {
  for (let start = 0; start < size; start += length * inner) {
    for (let i = 0; i < inner; i++) each(start + i);
  }
}

import { type Key, logSoftmax, matmul, normal, type Tensor, tensor, uniform } from "cotangent";

/** Pairs of neighbouring words of a Markov chain, and the chain. */
export interface Bigrams {
  readonly words: number;
  /** Word i + 1 of the chain follows word i. */
  readonly chain: Int32Array;
  /** `[words, words]`, log-probability of each word after each. */
  readonly logTransition: Tensor;
}

/** A chain with P(y | x) ∝ 1/(y + 1) · exp(u_x·v_y), with vectors of 8 numbers of standard deviation 0.8. */
export async function markovBigrams(key: Key, words: number, length: number): Promise<Bigrams> {
  const [before, after] = [normal(key.at("before"), [words, 8]).mul(0.8), normal(key.at("after"), [words, 8]).mul(0.8)];
  const zipf = tensor(Float32Array.from({ length: words }, (_, rank) => -Math.log(rank + 1)));
  const values = await logSoftmax(matmul(before, after.transpose()).add(zipf)).data();
  const coins = await uniform(key.at("chain"), [length], { dtype: "f64" }).data();
  const chain = new Int32Array(length);
  for (let i = 0, x = 0; i < length; i++) {
    let y = 0;
    for (let left = coins[i]; y < words - 1 && (left -= Math.exp(values[x * words + y])) > 0; ) y++;
    chain[i] = y;
    x = y;
  }
  return { words, chain, logTransition: tensor(values, { shape: [words, words] }) };
}

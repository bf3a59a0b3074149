import { type Key, logSoftmax, normal, tensor, uniform } from "cotangent";

/**
 * Words drawn one after the other with P(y | x) ∝ exp(u_x·v_y) / (y + 1), with vectors of 8 numbers of standard
 * deviation 0.8.
 */
export async function markovBigrams(key: Key, words: number, length: number): Promise<Int32Array> {
  const [before, after] = ["before", "after"].map((name) => normal(key.at(name), [words, 8]).mul(0.8));
  const zipf = tensor(Float32Array.from({ length: words }, (_, rank) => -Math.log(rank + 1)));
  const logTransition = await logSoftmax(before.matmul(after.transpose()).add(zipf)).data();
  const coins = await uniform(key.at("chain"), [length]).data();
  const chain = new Int32Array(length);
  for (let i = 1; i < length; i++) {
    const row = chain[i - 1] * words;
    let next = 0;
    let left = coins[i] - Math.exp(logTransition[row]);
    while (left >= 0 && next < words - 1) left -= Math.exp(logTransition[row + ++next]);
    chain[i] = next;
  }
  return chain;
}

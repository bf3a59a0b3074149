import { tensor } from "cotangent";
import { it } from "vitest";
import { fitAdversarialTree } from "../../../src/methods/sampling/fit-adversarial-tree.js";

it("perf", async () => {
  const [N, k, C] = [86000, 16, 20484];
  let s = 1;
  const r = () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
  const g = () => Math.sqrt(-2 * Math.log(r() + 1e-12)) * Math.cos(6.2831853 * r());
  const means = Float64Array.from({ length: C * k }, () => 0);
  const sup = Float64Array.from({ length: 300 * k }, (_, i) => (g() * 1.5) / (1 + (i % k) * 0.2));
  for (let c = 0; c < C; c++) {
    const q = Math.floor(r() * 300);
    for (let j = 0; j < k; j++) means[c * k + j] = sup[q * k + j] + (0.7 * g()) / (1 + j * 0.2);
  }
  const x = new Float64Array(N * k),
    y = new Int32Array(N);
  for (let i = 0; i < N; i++) {
    const c = Math.min(C - 1, Math.floor(Math.exp(r() * Math.log(C + 1))) - 1 + 0);
    const cc = r() < 0.6 ? c : Math.floor(r() * C);
    y[i] = cc;
    for (let j = 0; j < k; j++) x[i * k + j] = means[cc * k + j] + (1.5 * g()) / (1 + j * 0.2);
  }
  const t = performance.now();
  const per = new Map<number, number[]>();
  let last = t;
  await fitAdversarialTree(tensor(x, { shape: [N, k] }), tensor(y), {
    classes: C,
    onNode: ({ node, objectives }) => {
      const d = Math.floor(Math.log2(node));
      const a = per.get(d) ?? [0, 0, 0];
      const now = performance.now();
      a[0]++;
      a[1] += objectives.length;
      a[2] += now - last;
      last = now;
      per.set(d, a);
    },
  });
  console.log(
    "total",
    performance.now() - t,
    [...per]
      .map(([d, a]) => `${d}: nodes ${a[0]} alternations ${(a[1] / a[0] / 2).toFixed(1)} ms ${a[2].toFixed(0)}`)
      .join("\n"),
  );
});

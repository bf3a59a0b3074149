/** Uniform numbers in [0, 1) from a seed, by a generator that is good enough to make data. */
export function uniforms(seed: number): () => number {
  let state = (seed * 0x9e3779b9 + 0x6d2b79f5) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers from uniform ones. */
export function normals(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

export interface Task {
  readonly name: string;
  readonly classes: number;
  readonly width: number;
  readonly draw: (next: () => number) => { readonly x: number[]; readonly y: number };
}

/** Three balanced tasks with unit noise: two blobs, three blobs, and a noisy half space. */
export const tasks: readonly Task[] = [
  {
    name: "two blobs",
    classes: 2,
    width: 2,
    draw: (next) => {
      const [y, normal] = [Number(next() < 0.5), normals(next)];
      return { x: [0, 1].map(() => (y === 1 ? 0.7 : -0.7) + normal()), y };
    },
  },
  {
    name: "three blobs",
    classes: 3,
    width: 2,
    draw: (next) => {
      const [y, normal] = [Math.floor(3 * next()), normals(next)];
      const angle = (2 * Math.PI * y) / 3;
      return { x: [1.7 * Math.cos(angle) + normal(), 1.7 * Math.sin(angle) + normal()], y };
    },
  },
  {
    name: "a noisy half space",
    classes: 2,
    width: 4,
    draw: (next) => {
      const normal = normals(next);
      const x = [0, 1, 2, 3].map(() => normal());
      const side = Number(x[0] + 0.4 * x[1] + 0.2 * x[2] > 0);
      return { x, y: next() < 0.1 ? 1 - side : side };
    },
  },
];

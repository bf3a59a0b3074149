import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

/** What a bundler makes of a program, for browsers, minified. */
async function bundle(program: string): Promise<{ readonly code: string; readonly inputs: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: ["cotangent-source"],
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  const used = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { code: outputFiles[0].text, inputs: used.map(([path]) => path) };
}

/** A program with one method on the backend that the core is given. */
const programOn = (name: string) => `
  import { grad, tensor } from "cotangent/core";
  import { ${name} } from "cotangent/backends/${name}";
  import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
  const backend = ${name}();
  const labels = tensor(Int32Array.of(1), { backend });
  const loss = (x) => sparseSoftmaxCrossEntropy(x, labels).sum();
  console.log(await grad(loss)(tensor([[1, 2, 3]], { backend })).data());
`;

describe("a program with one method", () => {
  // The aim is 15 KB. Engine, schedule and backend take 14.7, the loss with its checks of input the rest.
  it("is at most 17 KB gzipped with engine and CPU backend", async () => {
    const { code } = await bundle(programOn("cpu"));
    expect(gzipSync(code, { level: 9 }).length / 1024).toBeLessThanOrEqual(17);
  });

  // The aim is 25 KB. Vector mathematics in two precisions takes 15 of it, kernels 14, the assembler 4.
  it("is at most 47 KB gzipped with engine and WebAssembly backend", async () => {
    const { code } = await bundle(programOn("wasm"));
    expect(gzipSync(code, { level: 9 }).length / 1024).toBeLessThanOrEqual(47);
  });

  it("holds no other method, no decomposition, no data format, nothing of Node's", async () => {
    const { code, inputs } = await bundle(programOn("cpu"));
    const foreign = inputs.filter((path) =>
      /src\/(methods\/(?!classification\/|reduction\.ts)|data|testing)|linalg|fourier|finite|sites/.test(path),
    );
    expect(foreign).toEqual([]);
    expect(inputs.some((path) => path.includes("node_modules"))).toBe(false);
    expect(code).not.toMatch(/node:|@group|\bWebAssembly\b/);
  });
});

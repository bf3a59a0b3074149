// Finds a Python with PyTorch, and the settings with which its matrix product is fastest here: Debian's build takes
// whatever BLAS lies on the library path, and OpenBLAS falls back to SSE on processors that are newer than it is.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

const probe = `
import time, torch
torch.set_num_threads(1)
a = torch.rand(512, 512)
def run(times):
    start = time.perf_counter()
    for _ in range(times): a @ a
    return (time.perf_counter() - start) / times
run(5)
print(2 * 512**3 / min(run(10) for _ in range(5)) / 1e9)
`;

/** Below this a processor of today is not doing its best, and the comparison flatters us. */
export const fairBlas = 50;

/** `{ python, env, gigaflops }`, or undefined where no Python has PyTorch. */
export function findTorch() {
  const python = ["python3", "/usr/bin/python3"].find(
    (candidate) => spawnSync(candidate, ["-c", "import torch"], { stdio: "ignore" }).status === 0,
  );
  if (python === undefined) return undefined;
  const library = openblasFolder();
  const path = library === undefined ? {} : { LD_LIBRARY_PATH: library };
  const settings = [{}, { OPENBLAS_CORETYPE: "SkylakeX" }, { OPENBLAS_CORETYPE: "Haswell" }];
  const tried = settings.map((setting) => {
    const env = { ...path, ...setting, OPENBLAS_NUM_THREADS: "1" };
    const { stdout } = spawnSync(python, ["-c", probe], { env: { ...process.env, ...env }, encoding: "utf8" });
    return { python, env, gigaflops: Number(stdout) || 0 };
  });
  return tried.reduce((best, one) => (one.gigaflops > best.gigaflops * 1.1 ? one : best));
}

function openblasFolder() {
  const root = "/usr/lib";
  const triple = list(root).find((folder) => list(`${root}/${folder}`).includes("openblas-pthread"));
  return triple === undefined ? undefined : `${root}/${triple}/openblas-pthread`;
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there, or a file
  }
}

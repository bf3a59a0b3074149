import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  atLane,
  call,
  clear,
  copy,
  type FunctionBuilder,
  f64,
  i32,
  i32x4,
  type Library,
  type Local,
  load,
  ModuleBuilder,
  op,
  select,
  shuffle,
  store,
  type ValueType,
} from "../../../../src/backends/wasm/assembler/index.js";
import { webAssembly } from "../../../../src/backends/wasm/host.js";

type Write = (f: FunctionBuilder, ...params: readonly Local[]) => void;

/** A module of one exported function, with a page of memory. */
function compiled(params: readonly ValueType[], result: ValueType | undefined, write: Write, module = newModule()) {
  module.export("f", module.function(params, result, write));
  const { Memory, Module, Instance } = webAssembly();
  const memory = new Memory({ initial: 1, maximum: 1, shared: false });
  const { exports } = new Instance(new Module(module.assemble()), { env: { memory } });
  return { f: exports.f as (...numbers: readonly number[]) => number, bytes: new Uint8Array(memory.buffer) };
}

function newModule(): ModuleBuilder {
  return new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
}

describe("FunctionBuilder", () => {
  it("counts with for, which does not run on an empty range", () => {
    const { f } = compiled(["i32", "i32"], "i32", (f, from, to) => {
      const total = f.local("i32");
      const i = f.let(from);
      f.for(i, to, 3, () => f.advance(total, i));
      f.return(total);
    });
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 200 }), (from, to) => {
        let total = 0;
        for (let i = from; i < to; i += 3) total += i;
        expect(f(from, to)).toBe(total);
      }),
      { seed: 1 },
    );
  });

  it("takes both ways of an if, and leaves blocks and loops from inside", () => {
    const { f } = compiled(["i32"], "i32", (f, n) => {
      const steps = f.local("i32");
      const at = f.let(n);
      f.block((end) => {
        f.loop((again) => {
          f.branchIf(end, op("i32.le_s", at, 1));
          f.if(
            op("i32.and", at, 1),
            () => f.set(at, op("i32.add", op("i32.mul", at, 3), 1)),
            () => f.set(at, op("i32.shr_u", at, 1)),
          );
          f.advance(steps, 1);
          f.branch(again);
        });
      });
      f.return(steps);
    });
    const collatz = (n: number): number => (n <= 1 ? 0 : 1 + collatz(n % 2 === 1 ? 3 * n + 1 : n / 2));
    for (let n = 0; n < 200; n++) expect(f(n)).toBe(collatz(n));
  });

  it("returns from the middle", () => {
    const { f } = compiled(["f64"], "f64", (f, x) => {
      f.if(op("f64.lt", x, f64(0)), () => f.return(f64(-1)));
      f.return(x);
    });
    expect([f(-3), f(3)]).toEqual([-1, 3]);
  });

  it("refuses a variable's wrong type", () => {
    const write = (): void => void compiled([], undefined, (f) => f.set(f.local("f32"), i32(1)));
    expect(write).toThrow("assembler: a variable of f32 is set to i32");
  });
});

describe("values", () => {
  it("select takes the first where the condition is not 0", () => {
    const { f } = compiled(["i32", "f64", "f64"], "f64", (f, c, a, b) => f.return(select(c, a, b)));
    expect([f(0, 1, 2), f(1, 1, 2), f(-7, 1, 2)]).toEqual([2, 1, 1]);
    const vectors = compiled(["i32"], "i32", (f, c) => {
      f.return(atLane("i32x4.extract_lane", 3, select(c, i32x4(5), i32x4(6))));
    });
    expect([vectors.f(0), vectors.f(1)]).toEqual([6, 5]);
  });

  it("shuffle counts through both vectors", () => {
    const lanes = [31, 0, 30, 1, 29, 2, 28, 3, 27, 4, 26, 5, 25, 6, 24, 7];
    const { f, bytes } = compiled([], undefined, (f) => {
      f.do(store("v128.store", 32, shuffle(load("v128.load", 0), load("v128.load", 0, 16), lanes)));
    });
    for (let i = 0; i < 32; i++) bytes[i] = i + 100;
    f();
    expect([...bytes.subarray(32, 48)]).toEqual(lanes.map((lane) => lane + 100));
  });

  it("copy and clear work on ranges of bytes", () => {
    const { f, bytes } = compiled(["i32", "i32", "i32"], undefined, (f, to, from, count) => {
      f.do(copy(to, from, count));
      f.do(clear(from, 2));
    });
    bytes.set([1, 2, 3, 4, 5]);
    f(2, 0, 4);
    expect([...bytes.subarray(0, 7)]).toEqual([0, 0, 1, 2, 3, 4, 0]);
  });

  it("constants of vectors have the lanes that are given", () => {
    const { f, bytes } = compiled([], undefined, (f) => f.do(store("v128.store", 0, i32x4(1, -2, 3, -4))));
    f();
    expect([...new Int32Array(bytes.buffer, 0, 4)]).toEqual([1, -2, 3, -4]);
  });
});

describe("ModuleBuilder", () => {
  it("adds a library once, and calls it", () => {
    let written = 0;
    const double: Library = (module) => {
      written += 1;
      return module.function(["i32"], "i32", (f, x) => f.return(op("i32.add", x, x)));
    };
    const module = newModule();
    const write: Write = (f, x) => f.return(call(module.use(double), call(module.use(double), x)));
    const { f } = compiled(["i32"], "i32", write, module);
    expect(f(21)).toBe(84);
    expect(written).toBe(1);
  });

  it("refuses a call with too few operands", () => {
    const module = newModule();
    const one = module.function(["i32"], "i32", (f, x) => f.return(x));
    expect(() => call(one)).toThrow("assembler: a function of 1 parameters is called with 0");
  });
});

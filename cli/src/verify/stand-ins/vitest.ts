import { ASYMMETRIC_MATCHERS_OBJECT, chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from "@vitest/expect";
import { type Ran, titleOf } from "../spec-host.js";
import { host } from "./host.js";

type Body = (...values: never[]) => unknown;

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

/** The same matchers as in the test runner. */
export const expect: unknown = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
  (globalThis as Record<symbol, unknown>)[ASYMMETRIC_MATCHERS_OBJECT],
);

/** Thrown by `context.skip`. */
class Skipped extends Error {}

const context = {
  skip(condition: boolean | string = true) {
    if (condition !== false) throw new Skipped();
  },
};

function example(name: string, body: Body, values: readonly unknown[], skipped?: string): void {
  const run = async (): Promise<Ran> => {
    try {
      await (body as (...values: unknown[]) => unknown)(...values);
    } catch (problem) {
      if (!(problem instanceof Skipped)) return { runs: 1, failure: { message: (problem as Error).message } };
    }
    return { runs: 1 };
  };
  host.declare("example", name, run, skipped);
}

const spread = (row: unknown): readonly unknown[] => (Array.isArray(row) ? row : [row]);

export const it: unknown = Object.assign(
  (name: string, body: Body) => {
    example(name, body, [context]);
  },
  {
    skip: (name: string, body: Body) => {
      example(name, body, [], "skipped");
    },
    skipIf: (condition: boolean) => (name: string, body: Body) => {
      example(name, body, [context], condition ? "skipped" : undefined);
    },
    each: (rows: readonly unknown[]) => (title: string, body: Body) => {
      for (const row of rows) example(titleOf(title, row), body, spread(row));
    },
  },
);

export const describe: unknown = Object.assign(
  (title: string, body: Body) => {
    host.suite(title, body);
  },
  {
    skip: (title: string, body: Body) => {
      host.suite(title, body, "skipped");
    },
    skipIf: (condition: boolean) => (title: string, body: Body) => {
      host.suite(title, body, condition ? "skipped" : undefined);
    },
    each: (rows: readonly unknown[]) => (title: string, body: Body) => {
      for (const row of rows)
        host.suite(titleOf(title, row), () => (body as (...v: unknown[]) => void)(...spread(row)));
    },
  },
);

export const beforeAll = (hook: () => unknown): void => {
  host.beforeAll(hook);
};
export const afterAll = (hook: () => unknown): void => {
  host.afterAll(hook);
};
export const beforeEach = (hook: () => unknown): void => {
  host.beforeEach(hook);
};
export const afterEach = (hook: () => unknown): void => {
  host.afterEach(hook);
};

/** Types are the compiler's to judge: whatever is asked of one says nothing here. */
export function expectTypeOf(): unknown {
  const silent: object = new Proxy(() => silent, { get: () => silent });
  return silent;
}

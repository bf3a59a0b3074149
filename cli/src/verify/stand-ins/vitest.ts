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

/** What declares a test may be given options before the body. */
const bodyOf = (rest: readonly unknown[]): Body => rest.find((part) => typeof part === "function") as Body;

const spread = (row: unknown): readonly unknown[] => (Array.isArray(row) ? row : [row]);

export const it: unknown = Object.assign(
  (name: string, ...rest: readonly unknown[]) => {
    example(name, bodyOf(rest), [context]);
  },
  {
    skip: (name: string, ...rest: readonly unknown[]) => {
      example(name, bodyOf(rest), [], "skipped");
    },
    ...where((name, body, skipped) => {
      example(name, body, [context], skipped);
    }),
    each:
      (rows: readonly unknown[]) =>
      (title: string, ...rest: readonly unknown[]) => {
        for (const row of rows) example(titleOf(title, row), bodyOf(rest), spread(row));
      },
  },
);

export const describe: unknown = Object.assign(
  (title: string, ...rest: readonly unknown[]) => {
    host.suite(title, bodyOf(rest));
  },
  {
    skip: (title: string, ...rest: readonly unknown[]) => {
      host.suite(title, bodyOf(rest), "skipped");
    },
    ...where((title, body, skipped) => {
      host.suite(title, body, skipped);
    }),
    each:
      (rows: readonly unknown[]) =>
      (title: string, ...rest: readonly unknown[]) => {
        for (const row of rows) {
          host.suite(titleOf(title, row), () => (bodyOf(rest) as (...values: unknown[]) => void)(...spread(row)));
        }
      },
  },
);

/** `skipIf` and `runIf` of what declares a test or a suite. */
function where(declare: (name: string, body: Body, skipped: string | undefined) => void): object {
  const unless =
    (isSkipped: boolean) =>
    (name: string, ...rest: readonly unknown[]) => {
      declare(name, bodyOf(rest), isSkipped ? "skipped" : undefined);
    };
  return { skipIf: (condition: boolean) => unless(condition), runIf: (condition: boolean) => unless(!condition) };
}

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

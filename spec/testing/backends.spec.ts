import { type Backend, cpu } from "cotangent";
import { type BackendEntry, backendsFor, type Describe } from "cotangent/testing";
import { describe, expect, it } from "vitest";

/** A test runner that runs blocks at once and keeps what it was told. */
function recorder(): { readonly describe: Describe; readonly told: string[] } {
  const told: string[] = [];
  const run = (name: string, body: () => void) => {
    told.push(name);
    body();
  };
  const skip = (name: string, body: () => void) => {
    told.push(`skipped: ${name}`);
    body(); // a runner may look inside what it skips
  };
  return { describe: Object.assign(run, { skip }), told };
}

describe("backendsFor", () => {
  const [first, second] = [cpu(), cpu()];
  const entries: readonly BackendEntry[] = [
    { name: "one", open: () => first },
    { name: "none", open: () => "no adapter" },
    { name: "two", open: () => second },
  ];

  it("declares a suite once for each backend that is there, and lists the others as skipped, with the reason", () => {
    const runner = recorder();
    const given: Backend[] = [];
    backendsFor(runner.describe, entries)("laws", (backend) => {
      given.push(backend);
    });
    expect(runner.told).toEqual(["laws on one", "skipped: laws on none (no adapter)", "laws on two"]);
    expect(given.length).toBe(2);
    expect(given[0]).toBe(first);
    expect(given[1]).toBe(second);
  });

  it("opens backends when a suite is declared, not before", () => {
    let opened = 0;
    const open = () => {
      opened++;
      return first;
    };
    const onEveryBackend = backendsFor(recorder().describe, [{ name: "late", open }]);
    expect(opened).toBe(0);
    onEveryBackend("laws", () => {});
    expect(opened).toBe(1);
  });
});

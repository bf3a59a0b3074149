import { describe, expect, it } from "vitest";
import { Turns } from "../../../src/backends/webgpu/turns.js";

/** A promise and what fulfils it. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const soon = () => new Promise((resolve) => setTimeout(resolve));

describe("turns", () => {
  it("are taken at once while nothing is under way", () => {
    const turns = new Turns();
    const taken: number[] = [];
    for (const i of [0, 1, 2]) {
      turns.take(() => {
        taken.push(i);
      });
      expect(taken.length).toBe(i + 1);
    }
  });

  it("wait for what is under way, and keep their order", async () => {
    const turns = new Turns();
    const taken: string[] = [];
    const gates = [gate(), gate()];
    turns.take(() => gates[0].opened.then(() => void taken.push("first")));
    turns.take(() => void taken.push("second"));
    turns.take(() => gates[1].opened.then(() => void taken.push("third")));
    turns.take(() => void taken.push("fourth"));
    await soon();
    expect(taken).toEqual([]);
    gates[0].open();
    await soon();
    expect(taken).toEqual(["first", "second"]);
    turns.take(() => void taken.push("fifth"));
    gates[1].open();
    await soon();
    expect(taken).toEqual(["first", "second", "third", "fourth", "fifth"]);
    turns.take(() => void taken.push("at once"));
    expect(taken.at(-1)).toBe("at once");
  });

  it("go on after one that fails, whose error is handed over", async () => {
    const turns = new Turns();
    const errors: string[] = [];
    const taken: string[] = [];
    const failed = ({ message }: Error) => void errors.push(message);
    turns.take(() => {
      throw new Error("at once");
    }, failed);
    turns.take(() => Promise.reject(new Error("later")), failed);
    turns.take(() => {
      throw new Error("in its turn");
    }, failed);
    turns.take(() => Promise.reject(new Error("of nobody's interest")));
    turns.take(() => void taken.push("last"));
    await soon();
    expect(errors).toEqual(["at once", "later", "in its turn"]);
    expect(taken).toEqual(["last"]);
  });
});

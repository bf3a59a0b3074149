import type { CallInput } from "../../schedule/index.js";
import { Ids } from "./alike.js";
import { type CallCompiler, reader, sizeOf } from "./call.js";
import type { Dispatch, Memory } from "./dispatch.js";
import { Scratch } from "./scratch.js";
import { Shader } from "./shader.js";

/** Up to so many ids, each looks for its like among those before it; more meet in a table. */
const fewIds = 256;

/** For each id the first position that holds it. */
export const compileFirstOccurrence: CallCompiler = ({ inputs: [x], output }, label) => {
  const ids: CallInput = { ...x, dtype: "u32" };
  const count = sizeOf(ids.shape);
  const out = { slot: output };
  if (count <= fewIds) return { dispatches: [search(label, ids, count, out)] };
  const scratch = new Scratch();
  const size = 2 ** Math.ceil(Math.log2(2 * count));
  const table = scratch.take(size);
  const dispatches = [
    empty(label, table, size),
    enter(label, ids, count, table, size),
    find(label, ids, count, table, size, out),
  ];
  return { dispatches, scratch: scratch.words };
};

function search(label: string, ids: CallInput, count: number, output: Memory): Dispatch {
  const shader = new Shader({ label });
  const out = shader.write(output, "u32");
  return shader.perUnit(count, (i) => {
    const all = new Ids(shader, ids);
    const first = shader.var("u32", all.count);
    all.alike(all.at(i), `${first} == ${all.count}`, (position) => shader.do(`${first} = min(${first}, ${position});`));
    shader.do(`${out}[${i}] = ${first};`);
  });
}

function empty(label: string, table: Memory, size: number): Dispatch {
  const shader = new Shader({ label });
  const out = shader.write(table, "vec4<u32>");
  return shader.perUnit(size / 4, (unit) => shader.do(`${out}[${unit}] = vec4<u32>();`));
}

/**
 * Enters positions, counted from 1, in a table with open addressing. All that ever come to one place of it hold the same id,
 * and the lowest of them stays, whatever the order in which they come.
 */
function enter(label: string, ids: CallInput, count: number, table: Memory, size: number): Dispatch {
  const shader = new Shader({ label });
  const places = shader.write(table, "atomic<u32>");
  return shader.perUnit(count, (i) => {
    const mine = shader.let(`${i} + 1u`);
    probe(shader, ids, i, size, (place, at, id) => {
      const held = shader.var("u32", `atomicLoad(&${places}[${place}])`);
      // Another may come to an empty place first, or the exchange fail without a cause: then it is looked at again.
      shader.block(`while (${held} == 0u)`, () => {
        const exchange = shader.let(`atomicCompareExchangeWeak(&${places}[${place}], 0u, ${mine})`);
        shader.do(`if (${exchange}.exchanged) { return; }`, `${held} = ${exchange}.old_value;`);
      });
      shader.if(`${at(`${held} - 1u`)} == ${id}`, () => {
        shader.if(`${mine} < ${held}`, () => shader.do(`atomicMin(&${places}[${place}], ${mine});`));
        shader.do("return;");
      });
    });
  });
}

function find(label: string, ids: CallInput, count: number, table: Memory, size: number, output: Memory): Dispatch {
  const shader = new Shader({ label });
  const out = shader.write(output, "u32");
  const places = shader.read(table, "u32");
  return shader.perUnit(count, (i) => {
    probe(shader, ids, i, size, (place, at, id) => {
      const first = shader.let(`${places}[${place}] - 1u`);
      shader.if(`${at(first)} == ${id}`, () => shader.do(`${out}[${i}] = ${first};`, "return;"));
    });
  });
}

/** Goes through the places where an id may be, from the one that its hash names, until `visit` returns. */
function probe(
  shader: Shader,
  ids: CallInput,
  i: string,
  size: number,
  visit: (place: string, at: (position: string) => string, id: string) => void,
): void {
  shader.define(new Map([["hash", hash]]));
  const at = reader(shader, ids);
  const id = shader.let(at(i));
  const last = shader.let(shader.word(size - 1));
  const place = shader.var("u32", `hash(${id}) & ${last}`);
  shader.block("loop", () => {
    visit(place, at, id);
    shader.do(`${place} = (${place} + 1u) & ${last};`);
  });
}

/** Mixes all bits into the low ones: two rounds of shifts and products, with constants that C. Wellons searched for. */
const hash = `fn hash(id: u32) -> u32 {
  var x = id;
  x = (x ^ (x >> 16u)) * 0x21f0aaadu;
  x = (x ^ (x >> 15u)) * 0x735a2d97u;
  return x ^ (x >> 15u);
}`;

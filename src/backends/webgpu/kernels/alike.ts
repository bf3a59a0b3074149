import type { CallInput } from "../../schedule/index.js";
import { sizeOf } from "./call.js";
import type { Shader } from "./shader.js";

/** Ids that are looked through four at a time, wherever in memory they begin. */
export class Ids {
  private readonly shader: Shader;
  private readonly fours: string;
  private readonly offset: string;
  readonly count: string;

  constructor(shader: Shader, input: CallInput) {
    this.shader = shader;
    this.fours = shader.read({ slot: input.slot! }, "vec4<u32>");
    this.offset = shader.let(shader.word(input.offset));
    this.count = shader.let(shader.word(sizeOf(input.shape)));
  }

  at(position: string): string {
    const { shader, fours, offset } = this;
    const at = shader.let(`${offset} + ${position}`);
    return shader.let(`${fours}[${at} >> 2u][${at} & 3u]`);
  }

  /** Visits the positions that hold an id, in order, four more only while it is worth it. */
  alike(id: string, isWorthIt: string, visit: (position: string) => void): void {
    const { shader, fours, offset, count } = this;
    const four = shader.var("u32", `${offset} >> 2u`);
    shader.block(`while (4u * ${four} < ${offset} + ${count} && ${isWorthIt})`, () => {
      const alike = shader.let(`${fours}[${four}] == vec4<u32>(${id})`);
      shader.if(`any(${alike})`, () => {
        shader.for("0u", "4u", "1u", (lane) => {
          const position = shader.let(`4u * ${four} + ${lane} - ${offset}`); // what lies in front is beyond all others
          shader.if(`${alike}[${lane}] && ${position} < ${count}`, () => visit(position));
        });
      });
      shader.do(`${four} += 1u;`);
    });
  }
}

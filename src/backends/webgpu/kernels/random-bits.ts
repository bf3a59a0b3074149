import { rotations } from "../../threefry.js";
import { type CallCompiler, reader, sizeOf } from "./call.js";
import { Shader } from "./shader.js";

/** Word `2i + j` is word `j` of the Threefry-2x32 block whose counter is `i`: a block an invocation. */
export const compileThreefry: CallCompiler = ({ inputs: [key], output, shape }, label) => {
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, "vec2<u32>");
  const dispatch = shader.perUnit(Math.ceil(sizeOf(shape) / 2), (unit) => {
    const word = reader(shader, key);
    const keys = [shader.let(word("0u")), shader.let(word("1u"))];
    keys.push(shader.let(`0x1bd11bdau ^ ${keys[0]} ^ ${keys[1]}`));
    const [x, y] = [shader.var("u32", `${unit} + ${keys[0]}`), shader.var("u32", keys[1])];
    for (let round = 0; round < 20; round++) {
      const turn = rotations[round % 8];
      shader.do(`${x} += ${y};`, `${y} = ((${y} << ${turn}u) | (${y} >> ${32 - turn}u)) ^ ${x};`);
      if (round % 4 !== 3) continue;
      const injection = (round + 1) / 4;
      shader.do(`${x} += ${keys[injection % 3]};`, `${y} += ${keys[(injection + 1) % 3]} + ${injection}u;`);
    }
    shader.do(`${out}[${unit}] = vec2<u32>(${x}, ${y});`);
  });
  return { dispatches: [dispatch] };
};

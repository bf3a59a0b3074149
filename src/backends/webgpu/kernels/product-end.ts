import type { Expression, MatmulKernel } from "../../schedule/index.js";
import { Chain, dtypeOf } from "./chain.js";
import type { Memory } from "./dispatch.js";
import type { Shader } from "./shader.js";
import { storable, storedType, vectorOf } from "./types.js";

/** Where a product's elements go: through what follows it, if anything does, into memory. */
export class ProductEnd {
  private readonly shader: Shader;
  private readonly columns: number;
  private readonly scalar: string;
  private readonly isWhole: boolean;
  private readonly out: string;
  private readonly chain: Chain | undefined;
  private readonly dtype: ReturnType<typeof dtypeOf>;
  private current = "";

  constructor(shader: Shader, { columns, dtype }: MatmulKernel, epilogue: Expression | undefined, output: Memory) {
    this.shader = shader;
    this.columns = columns;
    this.scalar = dtype;
    this.isWhole = columns % 4 === 0;
    this.dtype = epilogue === undefined ? dtype : dtypeOf(epilogue);
    const lanes = this.isWhole ? 4 : 1;
    this.out = shader.write(output, storedType(this.dtype, lanes));
    this.chain = epilogue && new Chain(shader, epilogue, lanes, { product: () => this.current });
  }

  /**
   * Stores four rows of four neighbours.
   *
   * @param first - the number of row 0 within the whole product
   * @param row - the number of row 0 within its matrix, and `rows`, of which there are so many
   */
  store(totals: readonly string[], first: string, row: string, rows: string, column: string): void {
    const { shader, chain, scalar, isWhole, out, dtype } = this;
    const width = shader.let(shader.word(this.columns));
    const tile = shader.var(`array<${vectorOf(scalar, 4)}, ${totals.length}>`, `array(${totals.join(", ")})`);
    shader.for("0u", `min(${totals.length}u, ${rows} - ${row})`, "1u", (i) => {
      const start = shader.let(`(${first} + ${i}) * ${width} + ${column}`);
      if (isWhole) {
        this.current = shader.let(`${tile}[${i}]`);
        const value = chain?.at(start) ?? this.current;
        shader.do(`${out}[${start} >> 2u] = ${storable(dtype, 4, value)};`);
        return;
      }
      shader.for("0u", `min(4u, ${width} - ${column})`, "1u", (j) => {
        this.current = shader.let(`${tile}[${i}][${j}]`);
        const at = shader.let(`${start} + ${j}`);
        shader.do(`${out}[${at}] = ${storable(dtype, 1, chain?.at(at) ?? this.current)};`);
      });
    });
  }
}

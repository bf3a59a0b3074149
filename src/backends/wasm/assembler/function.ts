import { append, type Code, sized, unsigned, vector } from "./encoding.js";
import { byteOfType, type ValueType } from "./instructions.js";
import { i32, type Local, type Operand, op, type Statement, type Value } from "./value.js";

/** A function of a module, to be called from other functions of it. */
export interface Callable {
  readonly index: number;
  readonly params: readonly ValueType[];
  readonly result: ValueType | undefined;
}

/** A place that can be branched to: the start of a loop, the end of a block. */
export interface Label {
  readonly depth: number;
}

const emptyBlock = 0x40;

/** Collects the statements of a function. */
export class FunctionBuilder {
  readonly params: readonly Local[];
  private readonly types: ValueType[] = [];
  private readonly body: number[] = [];
  private depth = 0;

  constructor(params: readonly ValueType[]) {
    this.params = params.map((type, index) => local(type, index));
  }

  /** A new variable, zero until it is set. */
  local(type: ValueType): Local {
    return local(type, this.params.length + this.types.push(type) - 1);
  }

  /** Computes a value once, for any number of uses. */
  let(value: Operand): Local {
    const type = typeof value === "number" ? "i32" : value.type;
    const variable = this.local(type);
    this.set(variable, value);
    return variable;
  }

  set(variable: Local, value: Operand): void {
    const { type, code } = typeof value === "number" ? i32(value) : value;
    if (type !== variable.type) throw new Error(`assembler: a variable of ${variable.type} is set to ${type}`);
    this.emit(code, 0x21, unsigned(variable.index));
  }

  /** Adds to an i32 variable. */
  advance(variable: Local, by: Operand): void {
    if (by !== 0) this.set(variable, op("i32.add", variable, by));
  }

  do({ code }: Statement): void {
    append(this.body, code);
  }

  /** Repeats `body` for as long as it branches to the label that it is given. */
  loop(body: (again: Label) => void): void {
    this.nest(0x03, body);
  }

  /** Runs `body`, which may branch to its end. */
  block(body: (end: Label) => void): void {
    this.nest(0x02, body);
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    append(this.body, condition.code);
    this.nest(0x04, () => {
      then();
      if (otherwise === undefined) return;
      this.body.push(0x05);
      otherwise();
    });
  }

  branch({ depth }: Label): void {
    this.emit(0x0c, unsigned(this.depth - depth));
  }

  branchIf({ depth }: Label, condition: Value): void {
    this.emit(condition.code, 0x0d, unsigned(this.depth - depth));
  }

  /** Runs `body` with `counter` going from its value to below `end` in steps of `step`. */
  for(counter: Local, end: Operand, step: number, body: () => void): void {
    this.if(op("i32.lt_s", counter, end), () => {
      this.loop((again) => {
        body();
        this.advance(counter, step);
        this.branchIf(again, op("i32.lt_s", counter, end));
      });
    });
  }

  return(value?: Value): void {
    this.emit(value?.code ?? [], 0x0f);
  }

  /** The function's bytes: its variables, then its body. */
  assemble(): Code {
    const variables = this.types.map((type) => [1, byteOfType[type]]);
    return sized([vector(variables), this.body, 0x0b]);
  }

  private emit(...code: Code): void {
    append(this.body, code);
  }

  private nest(opcode: number, body: (label: Label) => void): void {
    this.body.push(opcode, emptyBlock);
    this.depth += 1;
    body({ depth: this.depth });
    this.depth -= 1;
    this.body.push(0x0b);
  }
}

/** The value of a call; a function without a result makes a statement. */
export function call({ index, params, result }: Callable, ...operands: readonly Operand[]): Value & Statement {
  if (operands.length !== params.length) {
    throw new Error(`assembler: a function of ${params.length} parameters is called with ${operands.length}`);
  }
  const values = operands.map((operand) => (typeof operand === "number" ? i32(operand) : operand));
  return { type: result, code: [values.map(({ code }) => code), 0x10, unsigned(index)] } as Value & Statement;
}

function local(type: ValueType, index: number): Local {
  return { type, index, code: [0x20, unsigned(index)] };
}

/** Bytes that any reader may ask for, whatever the size of its file: tables, and the windows that it reads through. */
export const MEMORY_FLOOR: number = 2 ** 17;

/** A single request beyond this is refused on the spot, so that a failure costs an error and not the machine. */
const MOST_AT_ONCE = 2 ** 27;

const WATCHED = [
  ...["ArrayBuffer", "Uint8Array", "Int8Array", "Uint16Array", "Int16Array", "Uint32Array", "Int32Array"],
  ...["Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "Array"],
];

type Make = new (...args: unknown[]) => object;

/**
 * Counts the bytes that `ArrayBuffer`, `Array` and the typed arrays are made with by length between `begin` and `end`.
 * Their constructors are replaced for that time, so that a request is seen before the engine grants it.
 */
export class MemoryCount {
  private bytes = 0;
  private readonly globals = globalThis as unknown as Record<string, Make>;
  private readonly swaps: readonly { readonly name: string; readonly own: Make; readonly counting: Make }[];

  constructor() {
    this.swaps = WATCHED.map((name) => {
      const own = this.globals[name]!;
      const width = (own as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? (name === "Array" ? 8 : 1);
      const make = (target: Make, args: unknown[]) => {
        if (typeof args[0] === "number" && args.length === 1) this.count(name, args[0] * width);
        return Reflect.construct(target, args);
      };
      return {
        name,
        own,
        counting: new Proxy(own, { construct: make, apply: (target, _, args) => make(target, args) }),
      };
    });
  }

  begin(): void {
    this.bytes = 0;
    for (const { name, counting } of this.swaps) this.globals[name] = counting;
  }

  /** All requests since `begin` together, whether or not they were held at the same time. */
  end(): number {
    for (const { name, own } of this.swaps) this.globals[name] = own;
    return this.bytes;
  }

  private count(name: string, bytes: number): void {
    this.bytes += bytes;
    if (bytes > MOST_AT_ONCE) throw new RangeError(`${name} was asked for ${bytes} bytes`);
  }
}

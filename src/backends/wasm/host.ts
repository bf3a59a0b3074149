/** The part of the WebAssembly interface that is used here: not every host's types declare it. */
export interface WebAssemblyHost {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: boolean;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

export interface WasmMemory {
  /** A new object each time that the memory has grown. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** A compiled module; it can be sent to other threads. */
export type WasmModule = object;

export function webAssembly(): WebAssemblyHost {
  return (globalThis as unknown as { readonly WebAssembly: WebAssemblyHost }).WebAssembly;
}

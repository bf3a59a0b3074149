/** The types of WebAssembly values. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

/** What a signature's letters stand for; the last letter is the result, `.` for none. */
const typeOfLetter: Readonly<Record<string, ValueType | undefined>> = {
  i: "i32",
  l: "i64",
  f: "f32",
  d: "f64",
  v: "v128",
};

export const byteOfType: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** First opcode, signature and the names that follow each other from there; `-` is an opcode that nothing here uses. */
type Run = readonly [opcode: number, signature: string, names: string];

/** Opcodes of 0x100 and above are the vector instructions, which have a prefix. */
export const vectorPrefix = 0xfd;

const runs: readonly Run[] = [
  [0x45, "ii", "i32.eqz"],
  [0x46, "iii", "i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u"],
  [0x50, "li", "i64.eqz"],
  [0x51, "lli", "i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u"],
  [0x5b, "ffi", "f32.eq f32.ne f32.lt f32.gt f32.le f32.ge"],
  [0x61, "ddi", "f64.eq f64.ne f64.lt f64.gt f64.le f64.ge"],
  [0x67, "ii", "i32.clz i32.ctz i32.popcnt"],
  [
    0x6a,
    "iii",
    "i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr",
  ],
  [0x79, "ll", "i64.clz i64.ctz i64.popcnt"],
  [
    0x7c,
    "lll",
    "i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u",
  ],
  [0x8b, "ff", "f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt"],
  [0x92, "fff", "f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign"],
  [0x99, "dd", "f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt"],
  [0xa0, "ddd", "f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign"],
  [0xa7, "li", "i32.wrap_i64"],
  [0xac, "il", "i64.extend_i32_s i64.extend_i32_u"],
  [0xb2, "if", "f32.convert_i32_s f32.convert_i32_u"],
  [0xb6, "df", "f32.demote_f64"],
  [0xb7, "id", "f64.convert_i32_s f64.convert_i32_u"],
  [0xb9, "ld", "f64.convert_i64_s f64.convert_i64_u"],
  [0xbb, "fd", "f64.promote_f32"],
  [0xbc, "fi", "i32.reinterpret_f32"],
  [0xbd, "dl", "i64.reinterpret_f64"],
  [0xbe, "if", "f32.reinterpret_i32"],
  [0xbf, "ld", "f64.reinterpret_i64"],
  [0x10e, "vvv", "i8x16.swizzle"],
  [0x10f, "iv", "i8x16.splat i16x8.splat i32x4.splat"],
  [0x112, "lv", "i64x2.splat"],
  [0x113, "fv", "f32x4.splat"],
  [0x114, "dv", "f64x2.splat"],
  [
    0x137,
    "vvv",
    "i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u i32x4.le_s i32x4.le_u i32x4.ge_s i32x4.ge_u",
  ],
  [0x141, "vvv", "f32x4.eq f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge"],
  [0x147, "vvv", "f64x2.eq f64x2.ne f64x2.lt f64x2.gt f64x2.le f64x2.ge"],
  [0x14d, "vv", "v128.not"],
  [0x14e, "vvv", "v128.and v128.andnot v128.or v128.xor"],
  [0x152, "vvvv", "v128.bitselect"],
  [0x153, "vi", "v128.any_true"],
  [0x15e, "vv", "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"],
  [0x165, "vvv", "i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u"],
  [0x167, "vv", "f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest"],
  [0x174, "vv", "f64x2.ceil f64x2.floor"],
  [0x17a, "vv", "f64x2.trunc"],
  [0x185, "vvv", "i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u"],
  [0x189, "vv", "i16x8.extend_low_i8x16_u"],
  [0x194, "vv", "f64x2.nearest"],
  [0x1a0, "vv", "i32x4.abs i32x4.neg"],
  [0x1a3, "vi", "i32x4.all_true i32x4.bitmask"],
  [0x1a7, "vv", "i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u"],
  [0x1ab, "viv", "i32x4.shl i32x4.shr_s i32x4.shr_u"],
  [0x1ae, "vvv", "i32x4.add - - i32x4.sub - - - i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u"],
  [0x1c0, "vv", "i64x2.abs i64x2.neg"],
  [
    0x1c7,
    "vv",
    "i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u",
  ],
  [0x1cb, "viv", "i64x2.shl i64x2.shr_s i64x2.shr_u"],
  [
    0x1ce,
    "vvv",
    "i64x2.add - - i64x2.sub - - - i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s",
  ],
  [0x1e0, "vv", "f32x4.abs f32x4.neg - f32x4.sqrt"],
  [0x1e4, "vvv", "f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax"],
  [0x1ec, "vv", "f64x2.abs f64x2.neg - f64x2.sqrt"],
  [0x1f0, "vvv", "f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax"],
  [
    0x1f8,
    "vv",
    "i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u",
  ],
  // With memory immediates.
  [0x28, "ii", "i32.load"],
  [0x29, "il", "i64.load"],
  [0x2a, "if", "f32.load"],
  [0x2b, "id", "f64.load"],
  [0x2c, "ii", "- i32.load8_u"],
  [0x36, "ii.", "i32.store"],
  [0x37, "il.", "i64.store"],
  [0x38, "if.", "f32.store"],
  [0x39, "id.", "f64.store"],
  [0x3a, "ii.", "i32.store8"],
  [0x100, "iv", "v128.load"],
  [0x107, "iv", "v128.load8_splat v128.load16_splat v128.load32_splat v128.load64_splat"],
  [0x10b, "iv.", "v128.store"],
  [0x15c, "iv", "v128.load32_zero v128.load64_zero"],
  // With memory immediates and a lane.
  [0x156, "ivv", "v128.load32_lane v128.load64_lane"],
  [0x15a, "iv.", "v128.store32_lane v128.store64_lane"],
  // With a lane.
  [0x115, "vi", "- i8x16.extract_lane_u"],
  [0x11b, "vi", "i32x4.extract_lane"],
  [0x11c, "viv", "i32x4.replace_lane"],
  [0x11d, "vl", "i64x2.extract_lane"],
  [0x11f, "vf", "f32x4.extract_lane"],
  [0x120, "vfv", "f32x4.replace_lane"],
  [0x121, "vd", "f64x2.extract_lane"],
  [0x122, "vdv", "f64x2.replace_lane"],
];

export interface Instruction {
  readonly opcode: number;
  readonly operands: readonly ValueType[];
  readonly result: ValueType | undefined;
}

const table: ReadonlyMap<string, Instruction> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ runs.flatMap(([opcode, signature, names]) => {
    const letters = [...signature];
    const result = typeOfLetter[letters.pop()!];
    const operands = letters.map((letter) => typeOfLetter[letter]!);
    return names.split(" ").map((name, i) => [name, { opcode: opcode + i, operands, result }] as const);
  }),
);

export function instructionOf(name: string): Instruction {
  const instruction = table.get(name);
  if (instruction === undefined) throw new Error(`assembler: there is no instruction ${name}`);
  return instruction;
}

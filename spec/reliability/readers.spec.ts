import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNpz, writeNpz } from "cotangent/data";
import { afterAll, describe, expect, it } from "vitest";
import { BINARY_FORMATS } from "./support/reader-binary-formats.js";
import { CLAIMS } from "./support/reader-claims.js";
import { commandFormats } from "./support/reader-command-formats.js";
import { MemoryCount } from "./support/reader-memory.js";
import { modelFormats } from "./support/reader-model-formats.js";
import { searchInputs } from "./support/reader-search.js";
import { TEXT_FORMATS } from "./support/reader-text-formats.js";
import { judge, judgeCuts } from "./support/reader-verdict.js";
import { Watch } from "./support/reader-watch.js";

const isLong = process.env.COTANGENT_LONG === "1";
const INPUTS = isLong ? 1_050_000 : 20_000;
/** Another seed searches elsewhere; a failure prints the one that it came from. */
const seed = Number(process.env.COTANGENT_SEED ?? 1);
const folder = mkdtempSync(join(tmpdir(), "cotangent-readers-"));
const FORMATS = [...TEXT_FORMATS, ...BINARY_FORMATS, ...modelFormats(folder), ...commandFormats(folder)];
const total = FORMATS.reduce((sum, { weight }) => sum + weight, 0);

const instruments = { memory: new MemoryCount(), watch: new Watch(20) };
afterAll(async () => {
  await instruments.watch.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** `format:hex`, as a failure prints it. */
const replay = process.env.COTANGENT_REPLAY;

describe.runIf(replay !== undefined)("a reader, given the input in COTANGENT_REPLAY", () => {
  it("accepts it, or refuses it clearly", async () => {
    const [, name, hex] = /^([^:]*):([0-9a-f]*)$/.exec(replay!) ?? [];
    const format = FORMATS.find((one) => one.name === name)!;
    const bytes = new Uint8Array(Buffer.from(hex!, "hex"));
    const { outcome, problem } = await judge(format, bytes, instruments);
    console.info(`${name}: ${outcome}`);
    expect(problem).toBeUndefined();
    const everywhere = Array.from(bytes, (_, at) => at / bytes.length);
    if (format.isChunked) expect(await judgeCuts(format, bytes, everywhere, instruments)).toBeUndefined();
  });
});

describe("a reader, given a small file that claims to be huge", () => {
  it.each(CLAIMS)("allocates nothing for it and says so: $format, $what", async ({ format: name, bytes, message }) => {
    const format = FORMATS.find((one) => one.name === name)!;
    const file = await bytes(format);
    instruments.memory.begin();
    const said = await format.read(file).then(
      () => "accepted",
      (error: Error) => error.message,
    );
    expect(instruments.memory.end()).toBeLessThan(2048 + file.length);
    const plain = said.replace(/\S+\.(checkpoint|unfinished)/, "PATH").replace(/shape \[\d, 3\]/, "shape [N, 3]");
    expect(plain).toBe(message);
  });
});

describe("readNpz, given a bomb", () => {
  /** Bytes that were unpacked, and streams opened to unpack, while it read. */
  async function refusal(file: Uint8Array) {
    const Own = globalThis.DecompressionStream;
    let [streams, unpacked] = [0, 0];
    globalThis.DecompressionStream = class extends Own {
      constructor(format: ConstructorParameters<typeof Own>[0]) {
        super(format);
        streams += 1;
        const counted = new TransformStream({
          transform(chunk: Uint8Array, controller) {
            unpacked += chunk.length;
            controller.enqueue(chunk);
          },
        });
        const readable = super.readable.pipeThrough(counted);
        Object.defineProperty(this, "readable", { value: readable });
      }
    };
    try {
      const message = await readNpz(file, { file: "in" }).then(
        () => "accepted",
        (error: Error) => error.message,
      );
      return { message, streams, unpacked };
    } finally {
      globalThis.DecompressionStream = Own;
    }
  }

  /** 8 MiB of zeros, in a file of 8 KiB, and where its directory's entry is. */
  async function bomb() {
    const zeros = { dtype: "u8", shape: [2 ** 23], data: new Uint8Array(2 ** 23) } as const;
    const file = await writeNpz(new Map([["w", zeros]]));
    return { file, view: new DataView(file.buffer), entry: file.length - 22 - 51 };
  }

  it("unpacks no more than its header claims, but for what was on its way", async () => {
    const { file, view, entry } = await bomb();
    expect(file.length).toBeLessThan(2 ** 14);
    view.setUint32(entry + 24, 1000, true);
    const { message, unpacked } = await refusal(file);
    expect(message).toBe('readNpz: in: member "w.npy" is corrupt: it does not unpack to 1000 bytes');
    expect(unpacked).toBeGreaterThan(1000);
    expect(unpacked).toBeLessThan(2 ** 18);
  });

  it("unpacks nothing if the claims are beyond the limit", async () => {
    const { file, view, entry } = await bomb();
    view.setUint32(entry + 24, 2 ** 31 + 1, true);
    expect(await refusal(file)).toEqual({
      message:
        "readNpz: in: compressed members unpack to 2147483649 bytes but must to at most 2147483648; raise maxUnpackedSize if that is right",
      streams: 0,
      unpacked: 0,
    });
  });

  it("unpacks nothing if the same bytes are claimed over and over", async () => {
    const { file, entry } = await bomb();
    const record = file.slice(entry, file.length - 22);
    const end = file.slice(file.length - 22);
    const members = 1000;
    const records = Array.from({ length: members }, (_, at) => {
      const copy = record.slice();
      copy.set(new TextEncoder().encode(String(at).padStart(5, "0")), 46);
      return copy;
    });
    const view = new DataView(end.buffer);
    for (const at of [8, 10]) view.setUint16(at, members, true);
    view.setUint32(12, members * record.length, true);
    const many = new Uint8Array(Buffer.concat([file.subarray(0, entry), ...records, end]));
    expect(await refusal(many)).toEqual({
      message: "readNpz: in: members overlap but must not",
      streams: 0,
      unpacked: 0,
    });
  });
});

describe.runIf(replay === undefined)("a reader, given mutated files", () => {
  it.each(FORMATS)(
    "accepts them or refuses them clearly, soon and in little memory: $name",
    async (format) => {
      const inputs = Math.ceil((INPUTS * format.weight) / total);
      const started = performance.now();
      const cpuBefore = process.cpuUsage();
      const report = await searchInputs(format, { inputs, seed }, instruments);
      const { kinds, messages, acceptedInputs, slowest, asked, held, problems } = report;
      if (isLong) {
        const seconds = (performance.now() - started) / 1000;
        const { user, system } = process.cpuUsage(cpuBefore);
        const cpu = (user + system) / 1e6;
        console.info(
          `${format.name}: ${inputs} inputs in ${seconds.toFixed(0)} s (${cpu.toFixed(0)} s of the processor), ` +
            `${acceptedInputs} accepted; ${messages} messages and ${kinds} kinds of values; ` +
            `slowest ${slowest.toFixed(1)} ms; at most ${Math.ceil(asked / 1024)} KiB asked for by one, ` +
            `${(held / 2 ** 20).toFixed(0)} MiB more held`,
        );
      }
      expect(problems.join("\n\n")).toBe("");
      expect(held).toBeLessThan(2 ** 29);
    },
    1_200_000,
  );
});

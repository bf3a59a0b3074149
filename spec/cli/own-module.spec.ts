import { cpu } from "cotangent";
import { lossSubject, type Subject, scores } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { FileError } from "../../cli/src/errors.js";
import type { Kind } from "../../cli/src/templates/texts.js";
import { subjectsOf } from "../../cli/src/verify/own-module.js";
import { readTemplates } from "../../scripts/templates.mjs";
import { ownModules } from "./support/own-modules.js";

const { folder, write, bundle, verify } = ownModules();
const templates = readTemplates();

/** The template of a kind with a part in place of another. */
function mutated(kind: Kind, from: string, to: string): string {
  const { source } = templates[kind];
  expect(source.split(from)).toHaveLength(2);
  return source.replace(from, to);
}

/** What is changed in a template, and laws that must see it. */
const mutants: readonly (readonly [string, Kind, string, string, readonly string[]])[] = [
  [
    "the sign of the gradient",
    "loss",
    "return logSumExp(raised, 1).sub(logits.mul(own).sum(1));",
    `const value = (z: Tensor) => logSumExp(z.add(own.neg().add(1).mul(margin)), 1).sub(z.mul(own).sum(1));
  return customVjp(value, (cotangent, _, z) => [
    own.sub(softmax(z.add(own.neg().add(1).mul(margin)), 1)).mul(cotangent.reshape([-1, 1])),
  ])(logits); // the right gradient is softmax − own
}
import { customVjp, softmax } from "cotangent";
{`,
    ["agrees with central differences to order 2, in logits"],
  ],
  [
    "the margin's place",
    "loss",
    "logits.add(own.neg().add(1).mul(margin))",
    "logits.add(own.mul(margin))",
    ["has the value of its closed form"],
  ],
  [
    "the softmax's axis",
    "loss",
    "logSumExp(raised, 1)",
    "logSumExp(raised.add(raised.max(0)).sub(raised.max(0).mean()), 1)",
    ["takes each of batch alone", "has the value of its closed form"],
  ],
  [
    "the power that is stated",
    "sampler",
    "return gather(logSoftmax(logits, 0), ids);",
    "return gather(logSoftmax(logits.mul(0.9), 0), ids);",
    [
      "has the probabilities of its definition",
      "draws independently with the probabilities that it states, over all outcomes of two draws",
    ],
  ],
  [
    "the weights' normalization",
    "sampler",
    "return gather(logSoftmax(logits, 0), ids);",
    "return gather(logits, ids);",
    ["has probabilities that add up to 1"],
  ],
  [
    "the weight of what is drawn",
    "estimator",
    ".div(chances)",
    ".div(chances.add(0.01))",
    ["is unbiased: the mean over all outcomes is the target", "has an unbiased gradient in values, over all outcomes"],
  ],
  [
    "the path of the gradient",
    "estimator",
    "gather(values, ids)",
    "gather(stopGradient(values), ids)",
    ["has an unbiased gradient in values, over all outcomes"],
  ],
];

describe("the templates of cotangent new", () => {
  it("hold as they stand, and fail where they are broken", async () => {
    const kinds = Object.keys(templates) as Kind[];
    const right = kinds.map((kind) => write(`right/${kind}.ts`, templates[kind].source));
    const wrong = mutants.map(([, kind, from, to], i) => write(`wrong/${i}.ts`, mutated(kind, from, to)));
    const verdicts = await verify([...right, ...wrong]);
    for (const { held, broken, error } of verdicts.slice(0, kinds.length)) {
      expect(error).toBeUndefined();
      expect(broken).toEqual({});
      expect(held.length).toBeGreaterThan(8);
    }
    for (const [i, [what, , , , laws]] of mutants.entries()) {
      const { broken, error } = verdicts[kinds.length + i];
      expect(error, what).toBeUndefined();
      expect(Object.keys(broken), what).toEqual(expect.arrayContaining([...laws]));
    }
  });
});

const square = `
import { lossSubject, scores } from "cotangent/testing";
export const subject = lossSubject({
  name: "square", inputs: { x: scores(["n"]) }, loss: ({ x }) => x.mul(x), shape: ["n"],
});`;

describe("bundleOwn", () => {
  it("takes in what a module imports from its folder, in TypeScript or JavaScript", async () => {
    write("own/helper.ts", "export const twice = (x: number): number => 2 * x;");
    write("own/node_modules/three/package.json", '{ "name": "three", "type": "module", "main": "index.js" }');
    write("own/node_modules/three/index.js", "export default 3;");
    const script = `import { twice } from "./helper.js";
import three from "three";
import { sep } from "node:path";
if (twice(three) + sep.length !== 7) throw new Error("no");
export { default as fc } from "fast-check";
${square}`;
    const paths = [write("own/typed.ts", script), write("own/plain.mjs", square)];
    for (const { held, broken, error } of await verify(paths)) {
      expect({ broken, error }).toEqual({ broken: {}, error: undefined });
      expect(held).toContain("agrees with central differences to order 2, in x");
    }
  });

  it("says what a module does when it fails, or that it has no subject", async () => {
    const paths = [
      write("throws.ts", 'throw new RangeError("sizes is -1");\nexport {};'),
      write("bare.ts", "export const loss = (x: number) => x * x;"),
    ];
    expect((await verify(paths)).map(({ error }) => error)).toEqual([
      "verify: own.ts cannot be used, as it fails when it is imported: sizes is -1",
      "verify: own.ts exports no subject but must export one, made by lossSubject, samplerSubject or estimatorSubject of cotangent/testing; cotangent new loss my-own writes an example",
    ]);
  });

  it("says what is wrong with a file", async () => {
    const at = (name: string) => `${folder()}/${name}`;
    write("folder.ts/inside.ts", "");
    const bad: readonly (readonly [string, string])[] = [
      [at("none.ts"), "cannot be read, as it does not exist, but must be a module"],
      [at("folder.ts"), "cannot be read, as it is a folder, but must be a module"],
      [write("notes.txt", ""), "is no module but must end in .ts, .mts, .js, .mjs"],
      [
        write("syntax.ts", "export const x = 1;\nconst y = ;"),
        'cannot be used, as line 2, column 11 says: Unexpected ";"; correct it and run again',
      ],
      [
        write("missing.ts", 'import "./gone.js";'),
        'cannot be used, as line 1, column 8 says: Could not resolve "./gone.js"; correct it and run again',
      ],
      [
        write("entry.ts", 'import "cotangent/methods/none";'),
        "cannot be used, as line 1, column 8 says: cotangent/methods/none is imported, but the library has no such entry; correct it and run again",
      ],
    ];
    for (const [path, message] of bad)
      await expect(bundle(path)).rejects.toThrow(new FileError(`verify: ${path} ${message}`));
  });

  it("names the other file that an error is in", async () => {
    write("broken-helper.ts", "const");
    const path = write("uses-helper.ts", 'import "./broken-helper.js";');
    await expect(bundle(path)).rejects.toThrow(/line 1, column \d+ of \S*broken-helper\.ts says: /);
  });
});

describe("subjectsOf", () => {
  const loss = (name: string): Subject =>
    lossSubject({ name, inputs: { x: scores(["n"]) }, loss: ({ x }) => x, shape: ["n"] });

  it("gives each subject once, by the first name that it is exported by", () => {
    const [one, two] = [loss("one"), loss("two")];
    const found = subjectsOf({ one, two, again: one, other: 3, backend: cpu() }, "own.ts");
    expect(found).toEqual([
      { export: "one", subject: one },
      { export: "two", subject: two },
    ]);
  });

  it("asks for names that differ", () => {
    expect(() => subjectsOf({ a: loss("same"), b: loss("same") }, "own.ts")).toThrow(
      new FileError('verify: own.ts exports two subjects named "same", a and b, but their names must differ'),
    );
  });
});

import { classIds, scores } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import {
  checkAxes,
  checkAxis,
  checkFields,
  checkFunction,
  checkInput,
  checkName,
  show,
} from "../../../src/testing/subjects/declaration.js";
import { exactly } from "../../methods/classification/support/exactly.js";

const inputs = { x: scores(["batch", 3]), labels: classIds(["batch"], "classes") };
const axes = (change: { inputs?: unknown; sizes?: unknown; shape?: unknown }) => () => {
  const { sizes = {}, shape = [], ...rest } = change;
  checkAxes("f", ("inputs" in rest ? rest.inputs : inputs) as never, sizes as never, shape as never);
};

describe("a declaration", () => {
  it("is taken where all of it fits", () => {
    checkName("f", "loss");
    checkFunction("f", "loss", () => 1, "() => number");
    checkFields("f", { name: 1, loss: 2 }, ["name", "loss", "shape"]);
    checkInput("f", "detached", "labels", inputs);
    for (const axis of ["batch", "classes"]) checkAxis("f", "along", axis, inputs);
    axes({})();
    axes({ sizes: { batch: 1, classes: [1, 1] }, shape: ["batch", 5, "classes"] })();
    axes({ inputs: { x: scores([1]) } })();
  });

  const refused: readonly (readonly [string, () => void])[] = [
    ['name is "" but must be the name of what is verified', () => checkName("f", "")],
    ['name is " " but must be the name of what is verified', () => checkName("f", " ")],
    ["name is 3 but must be the name of what is verified", () => checkName("f", 3)],
    ["loss is 3 but must be a function, () => number", () => checkFunction("f", "loss", 3, "() => number")],
    [
      "los is no field of the declaration but must be one of name, loss",
      () => checkFields("f", { name: 1, los: 2 }, ["name", "loss"]),
    ],
    ['detached is "y" but must be one of x, labels', () => checkInput("f", "detached", "y", inputs)],
    ['along names the axis "rows" but must name one of batch, classes', () => checkAxis("f", "along", "rows", inputs)],
    [
      'along names the axis "rows" but must name none, as inputs name no axis',
      () => checkAxis("f", "along", "rows", { x: scores([2]) }),
    ],
    ['inputs is null but must have an input, such as scores(["batch"])', axes({ inputs: null })],
    ['inputs is "x" but must have an input, such as scores(["batch"])', axes({ inputs: "x" })],
    ['inputs is {} but must have an input, such as scores(["batch"])', axes({ inputs: {} })],
    ['inputs.x is undefined but must be an input, such as scores(["batch"])', axes({ inputs: { x: undefined } })],
    ['inputs.x is {axes} but must be an input, such as scores(["batch"])', axes({ inputs: { x: { axes: [] } } })],
    [
      "an axis of inputs.x is 0 but must be a name or a whole number ≥ 1",
      axes({ inputs: { x: scores(["batch", 0]) } }),
    ],
    ["an axis of inputs.x is 1.5 but must be a name or a whole number ≥ 1", axes({ inputs: { x: scores([1.5]) } })],
    [
      "an axis of inputs.ids is -1 but must be a name or a whole number ≥ 1",
      axes({ inputs: { ids: classIds(["batch"], -1) } }),
    ],
    ['sizes.rows names the axis "rows" but must name one of batch, classes', axes({ sizes: { rows: 2 } })],
    ["sizes.batch is 0 but must be a whole number ≥ 1, or [least, most]", axes({ sizes: { batch: 0 } })],
    ["sizes.batch is [0,2] but must be a whole number ≥ 1, or [least, most]", axes({ sizes: { batch: [0, 2] } })],
    ["sizes.batch is [3,2] but must be a whole number ≥ 1, or [least, most]", axes({ sizes: { batch: [3, 2] } })],
    ["sizes.batch is [1,2.5] but must be a whole number ≥ 1, or [least, most]", axes({ sizes: { batch: [1, 2.5] } })],
    ["sizes.batch is [1.5,2] but must be a whole number ≥ 1, or [least, most]", axes({ sizes: { batch: [1.5, 2] } })],
    ['shape is "batch" but must be the axes of the result, such as ["batch"] or []', axes({ shape: "batch" })],
    ['shape names the axis "rows" but must name one of batch, classes', axes({ shape: [2, "rows"] })],
  ];
  it.each(refused)("is refused: %s", (message, call) => {
    expect(call).toThrow(exactly(`f: ${message}`));
  });
});

describe("show", () => {
  it("shows what came, in short", () => {
    const shown = ["a", [1, "b"], null, undefined, 3, () => 1, Promise.resolve(1), { x: 1, y: 2 }].map(show);
    expect(shown).toEqual(['"a"', '[1,"b"]', "null", "undefined", "3", "a function", "a promise", "{x, y}"]);
  });
});

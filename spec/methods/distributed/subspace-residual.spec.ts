import { subspaceResidual } from "cotangent/methods/distributed";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { rowsOf } from "./support/codes.js";
import { dot } from "./support/least-squares.js";

describe("subspaceResidual", () => {
  law("is what a line and its complement share out", floats([5, 2]), numbers(), (p, angle) => {
    const points = rowsOf(p, 2);
    const [line, across] = [
      [Math.cos(angle), Math.sin(angle)],
      [-Math.sin(angle), Math.cos(angle)],
    ];
    const total = points.reduce((sum, point) => sum + dot(point, point), 0);
    expect(subspaceResidual(points, [line]) + subspaceResidual(points, [across])).toBeCloseTo(total, 10);
    expect(subspaceResidual(points, [line])).toBeCloseTo(
      points.reduce((sum, point) => sum + dot(point, across) ** 2, 0),
      10,
    );
    expect(subspaceResidual(points, [line, across])).toBeCloseTo(0, 10);
  });

  it("names the argument that is wrong", () => {
    expect(() => subspaceResidual([], [[1]])).toThrow("subspaceResidual: points has 0 rows but must have at least 1");
    expect(() => subspaceResidual([[1]], [])).toThrow("subspaceResidual: basis has 0 rows but must have at least 1");
    expect(() => subspaceResidual([[1]], [[1, 0]])).toThrow(
      "subspaceResidual: basis[0] has 2 numbers but must have 1, as points",
    );
  });
});

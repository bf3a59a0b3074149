import { cpu, defaultBackend } from "cotangent";
import { declareLaws } from "cotangent/testing";
import { describe, it } from "vitest";
import { weightedSumSubject } from "./weighted-sum.js";

describe("weightedSum", () => {
  declareLaws(weightedSumSubject, it, [cpu(), defaultBackend]);
});

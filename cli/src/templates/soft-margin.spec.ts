import { cpu, defaultBackend } from "cotangent";
import { declareLaws } from "cotangent/testing";
import { describe, it } from "vitest";
import { softMarginSubject } from "./soft-margin.js";

describe("softMargin", () => {
  declareLaws(softMarginSubject, it, [cpu(), defaultBackend]);
});

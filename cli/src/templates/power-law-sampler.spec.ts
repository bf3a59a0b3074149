import { cpu, defaultBackend } from "cotangent";
import { declareLaws } from "cotangent/testing";
import { describe, it } from "vitest";
import { powerLawSamplerSubject } from "./power-law-sampler.js";

describe("powerLawSampler", () => {
  declareLaws(powerLawSamplerSubject, it, [cpu(), defaultBackend]);
});

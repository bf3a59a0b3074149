import fc from "fast-check";
import { grad, hvp, logSumExp, read, stopGradient, type Tensor, tensor } from "cotangent";
import { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from "cotangent/methods/classification";
import { checkGradient, floats, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { hessianRow, softmaxOf } from "./support/closed-forms.js";

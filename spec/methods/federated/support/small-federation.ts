import { type Tensor, tensor } from "cotangent";
import {
  type FederatedClient,
  type FederatedProblem,
  type InProcessClientOptions,
  inProcessClient,
} from "cotangent/methods/federated";
import { floats } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { matrix, type Rows, unitTable } from "./unit-table.js";

const inputs = 3;
export const width = 2;

/** A few classes with one to three examples each, a linear encoder and unit embeddings. */
export interface SmallFederation {
  readonly examples: readonly Rows[];
  readonly weights: Float64Array;
  readonly rows: Rows;
}

export function smallFederation(classes: number): Arbitrary<SmallFederation> {
  const example = floats([inputs], { min: 0.2, max: 2 });
  const held = fc.array(example, { minLength: 1, maxLength: 3 });
  return fc.record({
    examples: fc.array(held, { minLength: classes, maxLength: classes }),
    weights: floats([inputs * width], { min: 0.1, max: 1 }), // no feature is 0 then
    rows: unitTable(classes, width),
  });
}

export const encode = (weights: Tensor, x: Tensor): Tensor => x.matmul(weights);

export const encoderOf = ({ weights }: SmallFederation): Tensor => tensor(weights, { shape: [inputs, width] });

export function clientsOf(
  { examples }: SmallFederation,
  options: InProcessClientOptions = {},
): FederatedClient<Tensor>[] {
  return examples.map((held, id) => inProcessClient(id, matrix(held), encode, options));
}

/** What `fedAwS` starts from. */
export function problemOf(federation: SmallFederation, options: InProcessClientOptions = {}): FederatedProblem<Tensor> {
  return {
    encoder: encoderOf(federation),
    embeddings: matrix(federation.rows),
    clients: clientsOf(federation, options),
  };
}

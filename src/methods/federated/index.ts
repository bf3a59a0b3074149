export { type CentralizedProblem, type CentralizedSoftmaxOptions, centralizedSoftmax } from "./centralized-softmax.js"; // the oracle with all data in one place — Yu et al. 2020
export { type ContrastiveLossOptions, contrastiveLoss } from "./contrastive-loss.js"; // near to the own class, a margin from all others — Hadsell et al. 2006
export { type CosineContrastiveLossOptions, cosineContrastiveLoss } from "./cosine-contrastive-loss.js"; // the same in cosine distance — Yu et al. 2020
export { type FedAwSOptions, fedAwS } from "./fed-aws.js"; // clients with positive labels, a server that spreads the classes — Yu et al. 2020
export { type FederatedAverageOptions, type FederatedState, federatedAverage } from "./federated-average.js"; // one exchange with the clients — McMahan et al. 2017
export { fixedEmbeddingAveraging, positiveOnlyAveraging } from "./federated-baselines.js"; // what the spreadout is measured against — Yu et al. 2020
export type { ClientTask, ClientUpdate, FederatedClient } from "./federated-client.js"; // what passes between server and client
export type { FederatedOptions, FederatedProblem } from "./federated-rounds.js"; // where federated training starts
export { type Encode, type InProcessClientOptions, inProcessClient } from "./in-process-client.js"; // a simulated client — Yu et al. 2020
export { type PositiveHingeLossOptions, positiveHingeLoss } from "./positive-hinge-loss.js"; // near to the own class, no other in sight — Yu et al. 2020
export { type SpreadoutEquivalentLossOptions, spreadoutEquivalentLoss } from "./spreadout-equivalent-loss.js"; // the loss that it amounts to for one example — Yu et al. 2020
export { type SpreadoutRegularizerOptions, spreadoutRegularizer } from "./spreadout-regularizer.js"; // class embeddings a margin apart — Yu et al. 2020
export { type Spreadout, type SpreadoutStepOptions, spreadoutSteepness, spreadoutStep } from "./spreadout-step.js"; // the server's step, and how long it may be — Yu et al. 2020
export { type TopKSpreadoutOptions, topKSpreadout } from "./top-k-spreadout.js"; // classes away from their nearest neighbours — Yu et al. 2020

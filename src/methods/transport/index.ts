export type { EntropicPlan } from "./entropic-plan.js";
export { type LyapunovPotential, lyapunovPotential } from "./lyapunov-potential.js"; // the dual of entropic transport — Tang et al. 2024
export { type SinkhornLogDomainOptions, type SinkhornPlan, sinkhornLogDomain } from "./sinkhorn-log-domain.js"; // entropic transport on the host — Sinkhorn 1964, Cuturi 2013
export {
  type SinkhornNewtonPlan,
  type SinkhornNewtonSparseOptions,
  sinkhornNewtonSparse,
} from "./sinkhorn-newton-sparse.js"; // entropic transport to high precision — Tang et al. 2024
export { sinkhornScaling } from "./sinkhorn-scaling.js"; // rows and columns that sum to 1, in turn — Sinkhorn 1964, Cuturi 2013
export { planFromSemiDual, type SparseTransportOptions, sparseDual, sparseSemiDual } from "./sparse-dual.js"; // the duals of transport with few entries a column — Liu et al. 2023
export { projectSparseSimplex, topkMaskNonneg } from "./sparse-simplex.js"; // vectors with few entries above 0 — Kyrillidis et al. 2013, Liu et al. 2023
export { approximateSparsity, type SparsePlan, sparsifyPlan } from "./sparsify-plan.js"; // the largest entries of a plan, and what lies outside — Tang et al. 2024
export {
  type SparseTransport,
  type SparsityConstrainedOtOptions,
  sparsityConstrainedOt,
} from "./sparsity-constrained-ot.js"; // transport in which each column takes from few rows — Liu et al. 2023
export type { TransportProblem } from "./transport-problem.js";

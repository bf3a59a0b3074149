export { sinkhornScaling } from "./sinkhorn-scaling.js"; // rows and columns that sum to 1, in turn — Sinkhorn 1964, Cuturi 2013

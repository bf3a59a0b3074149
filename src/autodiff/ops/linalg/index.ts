export { cholesky } from "./cholesky.js"; // the triangular square root of a covariance
export { determinant, type LogDeterminant, logDeterminant } from "./determinant.js";
export { type Eigh, eigh } from "./eigh.js"; // symmetric eigenvalues and eigenvectors
export { lowerTriangle, upperTriangle } from "./matrix.js";
export { type QR, qr } from "./qr.js"; // orthonormal basis of the columns
export { inverse, solve } from "./solve.js";
export { type SVD, svd } from "./svd.js"; // singular values and vectors
export { type TriangularSolveOptions, triangularSolve } from "./triangular-solve.js";

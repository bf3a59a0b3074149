export interface Claim {
  readonly spec: string;
  readonly method: string;
  readonly claim: string;
  readonly run: string;
  readonly figure: string;
  readonly seen: boolean;
}
export function renderClaims(claims: readonly Claim[]): string;
export function readClaims(text: string): Claim[];
export function mergeClaims(known: readonly Claim[], measured: readonly Claim[]): Claim[];

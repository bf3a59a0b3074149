export function sampleOf<M extends { readonly id: string }>(mutants: readonly M[], most?: number): M[];

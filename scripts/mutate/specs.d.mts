export function readSpecs(): {
  textOf(spec: string): string | undefined;
  tiersOf(file: string): string[][];
  neededBy(file: string): string[];
  isOwn(spec: string, file: string): boolean;
};

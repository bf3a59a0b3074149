/** Classes of the toy task, of falling frequency. */
export const CLASSES = 6;

/** A class and three features that only it has, among one that all share. */
interface ToyExample {
  readonly label: number;
  readonly features: readonly number[];
}

const FEATURES_EACH = 5;

/** Examples that any working classifier tells apart; rarer classes have higher numbers. */
function toyExamples(count: number): ToyExample[] {
  return Array.from({ length: count }, (_, i) => {
    const label = Math.min(i % CLASSES, (i * 7) % CLASSES);
    const first = (i * 3) % FEATURES_EACH;
    const own = [0, 1, 2].map((step) => 1 + label * FEATURES_EACH + ((first + step) % FEATURES_EACH));
    return { label, features: [0, ...own.sort((a, b) => a - b)] };
  });
}

/** As fastText's text. */
export function toyText(count: number): string {
  return toyExamples(count)
    .map(({ label, features }) => `__label__c${label} ${features.map((id) => `word${id}`).join(" ")}\n`)
    .join("");
}

/** As svmlight text, counting from `base`. */
export function toySvmlight(count: number, base = 1): string {
  return toyExamples(count)
    .map(({ label, features }) => `${label} ${features.map((id) => `${id + base}:0.5`).join(" ")}\n`)
    .join("");
}

/** As the Extreme Classification Repository's text. */
export function toyXmc(count: number): string {
  return `${count} ${1 + CLASSES * FEATURES_EACH} ${CLASSES}\n${toySvmlight(count, 0)}`;
}

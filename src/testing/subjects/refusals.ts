import fc from "fast-check";
import { checkFunction, show } from "./declaration.js";
import { lawOver, type SubjectLaw } from "./subject.js";

/** A call that must be refused, and what it then says, in full. */
export interface Refusal {
  readonly call: () => unknown;
  readonly message: string;
}

/** Throws unless each refusal has a call and a message. */
export function checkRefusals(caller: string, errors: readonly Refusal[]): void {
  errors.forEach(({ call, message }, i) => {
    checkFunction(caller, `errors[${i}].call`, call, "() => what must be refused");
    if (typeof message === "string" && message !== "") return;
    throw new TypeError(`${caller}: errors[${i}].message is ${show(message)} but must be what the call then says`);
  });
}

/** A law for each refusal. */
export function refusalLaws(errors: readonly Refusal[]): SubjectLaw[] {
  return errors.map(({ call, message }) =>
    lawOver(
      `says: ${message}`,
      fc.constant(null),
      async () => {
        let said: string | undefined;
        try {
          await call();
        } catch (problem) {
          said = problem instanceof Error ? problem.message : String(problem);
        }
        if (said === message) return;
        const what = said === undefined ? "was not refused" : `was refused with ${JSON.stringify(said)}`;
        throw new Error(`the call ${what} but must be refused with ${JSON.stringify(message)}`);
      },
      1,
    ),
  );
}

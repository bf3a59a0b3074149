import { checkCount } from "../../autodiff/check.js";
import type { Key } from "../../autodiff/index.js";
import { checkStragglerModel, type StragglerModel, simulateStragglers } from "./simulate-stragglers.js";
import { VirtualClock } from "./virtual-clock.js";
import type { Crew, WorkerProgram, Workers } from "./workers.js";

export interface SimulatedWorkersOptions {
  /** Number of workers, ≥ 1. */
  readonly count: number;
  /** Who fails to answer. Default: nobody. */
  readonly stragglers?: StragglerModel;
  /** What passes while the coordinator waits. Default: a clock of their own. */
  readonly clock?: VirtualClock;
}

/** Workers of this process, with the clock that their rounds move. */
export interface SimulatedWorkers extends Workers {
  readonly clock: VirtualClock;
}

/**
 * Workers that run in this process, some of which fail to answer, in virtual time.
 *
 *     round t: R_t, elapsed_t by simulateStragglers(count, stragglers, key.at(crew, t))      clock ← clock + elapsed_t
 *
 * Shares, tasks and answers are copied, as they would be between machines. Only answers that come in time are computed.
 * Each crew that is assigned has stragglers of its own.
 *
 * Reach for it to develop and to prove a method that real workers run later.
 *
 * @param options - how many, and who fails
 * @param key - where stragglers are drawn from; the same key gives the same rounds
 * @throws RangeError if `count` is not a whole number ≥ 1, or the model of stragglers does not fit it
 * @source Lee et al., "Speeding Up Distributed Machine Learning Using Codes", IEEE Trans. Information Theory 2018,
 * arXiv:1512.02673, for the model of a coordinator that goes on without the slowest
 */
export function simulatedWorkers(
  { count, stragglers = { kind: "given", stragglers: [] }, clock = new VirtualClock() }: SimulatedWorkersOptions,
  key: Key,
): SimulatedWorkers {
  checkCount("simulatedWorkers", { count }, 1);
  checkStragglerModel("simulatedWorkers", count, stragglers);
  let crews = 0;
  let model: StragglerModel = stragglers;

  const assign = async <Share, Task, Answer>(
    program: WorkerProgram<Share, Task, Answer>,
    shares: readonly Share[],
  ): Promise<Crew<Task, Answer>> => {
    if (shares.length !== count) {
      throw new RangeError(`assign: there are ${shares.length} shares but must be ${count}, one for each worker`);
    }
    let held: Share[] | undefined = shares.map((share) => structuredClone(share));
    const crewKey = key.at(crews++);
    let rounds = 0;
    return {
      async ask(task) {
        if (held === undefined) throw new RangeError("ask: the workers are released; assign them shares again");
        const mine = held;
        const { responding, stragglers: late, elapsed } = await simulateStragglers(count, model, crewKey.at(rounds++));
        if (model.kind === "worst") model = { kind: "given", stragglers: late }; // the same in every round
        const answers = new Map<number, Answer>();
        for (const worker of responding) {
          answers.set(worker, structuredClone(program(mine[worker], structuredClone(task))));
        }
        clock.advance(elapsed);
        return { answers, elapsed };
      },
      release() {
        held = undefined;
      },
    };
  };
  return { count, clock, assign };
}

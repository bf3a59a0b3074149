// The process in which mutants run: loads a bundle anew for each, and runs the laws and examples that it is told to.
import { pathToFileURL } from "node:url";

const name = Symbol.for("cotangent.mutation");
let loads = 0;

/** Loads a bundle with one mutant chosen, or none. */
async function load(bundle, sites, site, pick) {
  const hits = new Uint8Array(sites + 1);
  const isChosen = site > 0;
  const flows = flowing();
  const mutation = { site, pick, hits, declared: [], of: undefined, term: undefined, inside: undefined };
  let depth = 0;
  mutation.inside = (compute) => {
    depth++;
    try {
      return compute();
    } finally {
      depth--;
    }
  };
  mutation.term = (place, value) => {
    if ((isChosen && place !== site) || depth > 0) return value;
    if (!isTensor(value) || !flows(value)) return value;
    hits[place] = 1;
    return isChosen ? mutation.of.stopGradient(value) : value;
  };
  globalThis[name] = mutation;
  const { autodiff } = await import(`${pathToFileURL(bundle)}?load=${loads++}`);
  mutation.of = autodiff;
  return { hits, specs: mutation.declared };
}

const isTensor = (value) => value?.origin?.inputs !== undefined && /^f(32|64)$/.test(value.dtype);

/** Whether a gradient flows through a tensor: it is computed from a variable of a transform. */
function flowing() {
  const known = new WeakMap();
  return function flows(tensor) {
    const { op, inputs } = tensor.origin;
    if (op === "identity") return true;
    if (op === "stopGradient") return false;
    const found = known.get(tensor);
    if (found !== undefined) return found;
    known.set(tensor, false);
    const answer = inputs.some(flows);
    known.set(tensor, answer);
    return answer;
  };
}

const cpuTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function failureOf(test) {
  try {
    const { failure } = await test.run({ shrink: false });
    return failure?.message;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

const reached = (hits) => Array.from(hits.keys()).filter((site) => hits[site] === 1);

/** Runs everything once, or what `only` names, with nothing broken: how long each takes, and which places it reaches. */
async function baseline({ bundle, sites, only }) {
  const { hits, specs } = await load(bundle, sites, 0, 0);
  const always = reached(hits);
  const tests = [];
  for (const [spec, { declared, end }] of specs.entries()) {
    for (const test of declared) {
      const { kind, suites, name, skipped } = test;
      if (skipped !== undefined) continue;
      if (only !== undefined && !only.includes([...suites, name].join(" › "))) {
        tests.push({ spec, kind, suites, name, ms: 0, sites: [] });
        continue;
      }
      process.send({ begun: tests.length });
      hits.fill(0);
      const before = cpuTime();
      const failure = await failureOf(test);
      tests.push({ spec, kind, suites, name, ms: Math.round(cpuTime() - before), sites: reached(hits), failure });
    }
    await end();
  }
  process.send({ done: { always, tests } });
}

/** Runs all of `first`, then the `rest` until one fails. Both are numbers of tests, as the baseline counted them. */
async function mutant({ bundle, sites, site, pick, first, rest }) {
  let specs;
  try {
    ({ specs } = await load(bundle, sites, site, pick));
  } catch (problem) {
    process.send({ done: { red: [], message: `on loading: ${problem.message}` } });
    return;
  }
  const tests = specs.flatMap(({ declared }) => declared.filter(({ skipped }) => skipped === undefined));
  const red = [];
  let message;
  for (const [i, test] of [...first, ...rest].entries()) {
    if (i >= first.length && red.length > 0) break;
    process.send({ begun: test });
    const before = cpuTime();
    // a mutant may change how many tests there are
    const failure = tests[test] === undefined ? "the test is gone" : await failureOf(tests[test]);
    process.send({ ended: test, ms: Math.round(cpuTime() - before) });
    if (failure === undefined) continue;
    message ??= failure;
    red.push(test);
  }
  process.send({ done: { red, message } });
}

process.on("message", (job) => {
  (job.site === undefined ? baseline(job) : mutant(job)).catch((problem) => {
    process.send({ failed: problem.stack });
  });
});

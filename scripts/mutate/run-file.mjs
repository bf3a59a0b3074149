// Breaks one source file in every way chosen, and asks its specs each time.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { root } from "./files.mjs";
import { instrument } from "./instrument.mjs";
import { hashOf, isValid, keyOfTier, openResults } from "./store.mjs";

/** Milliseconds that a law may use up in vain, in one run of the tool, before it has to wait its turn like others. */
const vainAtMost = 6000;

export const titleOf = ({ spec, suites, name }) => [spec, ...suites, name].join(" › ");

/** Mutants in the order of their names, which is as good as random and stays: more are a superset of fewer. */
export const sampleOf = (mutants, most = Number.POSITIVE_INFINITY) =>
  [...mutants].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, most);

/**
 * @param {string} file
 * @param {object} run
 * @param {string} run.folder - where results are
 * @param {object} run.specs - as `readSpecs` gives them
 * @param {import("./worker-process.mjs").WorkerProcess} run.worker
 * @param {{red: Set<string>, vain: Map<string, number>}} run.laws - those seen red, and time spent on others
 * @param {number} [run.sample] - most mutants
 * @param {string} [run.only] - one mutant, whatever is known of it
 * @param {(record: object, mutant: object) => void} run.found - told each result
 * @param {(problem: string) => void} run.warn
 */
export async function runFile(file, run) {
  const source = readFileSync(join(root, file), "utf8");
  const { text, sites, mutants } = instrument(source);
  if (mutants.length === 0) return;
  const results = openResults(run.folder, file, source);
  const tiers = run.specs.tiersOf(file);
  const ordered = sampleOf(mutants);
  const isKnown = ({ id }) => isValid(results.results.get(id), tiers, run.specs.textOf);
  const state = { file, text, sites, results, run, asked: {} };
  const left = new Set(run.only === undefined ? ordered : mutants.filter(({ id }) => id === run.only));
  // what has no gradient to detach is no mutant: others come in its place
  for (let room = run.sample ?? left.size; room > 0 && left.size > 0; ) {
    const chosen = [...left].slice(0, room);
    for (const mutant of chosen) left.delete(mutant);
    await askAll(state, tiers, run.only === undefined ? chosen.filter((mutant) => !isKnown(mutant)) : chosen);
    room = chosen.filter(({ id }) => results.results.get(id)?.result === "no gradient").length;
  }
}

/** Asks one round of specs after the other. */
async function askAll(state, tiers, mutants) {
  let open = mutants;
  for (const [number, tier] of tiers.entries()) {
    const isClaims = number > 0 && tier.every((spec) => /\.claim\.spec\.ts$/.test(spec));
    const wanted = isClaims ? open.filter((mutant) => !mutant.isReached) : open;
    if (wanted.length === 0) continue;
    const killed = await askTier(state, tier, wanted);
    for (const mutant of open) {
      if (number > 0 || !mutant.isTerm || mutant.isReached) continue;
      killed.add(mutant.id);
      report(state, mutant, { result: "no gradient", specs: { ...state.asked } });
    }
    open = open.filter(({ id }) => !killed.has(id));
  }
  for (const mutant of open) {
    report(state, mutant, { result: mutant.isReached ? "survived" : "not covered", specs: { ...state.asked } });
  }
}

function report({ results, run }, mutant, record) {
  const whole = { mutant: mutant.id, ...record };
  if (run.only === undefined) results.keep(whole);
  run.found(whole, mutant);
}

/** Asks the specs of a round about mutants. Returns the names of those that they kill. */
async function askTier(state, tier, mutants) {
  const { file, sites, results, run } = state;
  const killed = new Set();
  const bundled = await readyTier(state, tier);
  if (bundled === undefined) return killed;
  const { key, outfile, specs, tests, reachedBy } = bundled;
  const hashes = Object.fromEntries(specs.map((spec) => [spec, hashOf(run.specs.textOf(spec))]));
  Object.assign(state.asked, Object.fromEntries(tier.map((spec) => [spec, hashOf(run.specs.textOf(spec))])));

  const isUnseen = (test) =>
    test.kind === "law" &&
    run.specs.isOwn(test.spec, file) &&
    !run.laws.red.has(titleOf(test)) &&
    (run.laws.vain.get(titleOf(test)) ?? 0) < vainAtMost;
  for (const mutant of mutants) {
    const reaching = reachedBy(mutant.site);
    if (reaching.length === 0) continue;
    mutant.isReached = true;
    if (run.only === undefined && results.hasPassed(key, mutant.id)) continue;
    const first = reaching.filter((i) => isUnseen(tests[i])).sort((a, b) => tests[a].ms - tests[b].ms);
    const rest = reaching.filter((i) => !first.includes(i)).sort((a, b) => tests[a].ms - tests[b].ms);
    const job = { bundle: outfile, sites, site: mutant.site, pick: mutant.pick, first, rest };
    const limitOf = (i) => Math.max(5000, 4 * (tests[i]?.ms ?? 0));
    const times = new Map();
    const answer = await run.worker.run(job, limitOf, (test, ms) => times.set(test, ms));
    for (const [i, ms] of times) {
      const title = titleOf(tests[i]);
      if (!answer.red.includes(i)) run.laws.vain.set(title, (run.laws.vain.get(title) ?? 0) + ms);
    }
    const record = recordOf(answer, tests, hashes);
    for (const title of record?.by ?? []) run.laws.red.add(title);
    if (record !== undefined) {
      killed.add(mutant.id);
      report(state, mutant, record);
    } else if (run.only === undefined) {
      results.keepPassed(key, mutant.id);
    }
  }
  return killed;
}

/** What is kept of a mutant that was noticed; undefined if nothing noticed it. */
function recordOf({ red, message, timedOut, crashed, during }, tests, hashes) {
  if (red.length === 0 && message === undefined && !timedOut && crashed === undefined) return undefined;
  const by = (during === undefined ? red : [...red, during]).map((i) => titleOf(tests[i]));
  const specs = during === undefined ? red.slice(0, 1).map((i) => tests[i].spec) : [tests[during].spec];
  return {
    result: timedOut ? "timed out" : "killed",
    by: [...new Set(by)],
    specs: specs.length === 0 ? hashes : Object.fromEntries(specs.map((spec) => [spec, hashes[spec]])),
    message: (message ?? crashed ?? "").slice(0, 300),
  };
}

/** A round's bundle, and what its tests reach; undefined if none of its specs can be run. */
async function readyTier({ file, text, sites, results, run }, tier) {
  const key = keyOfTier(tier, run.specs.textOf);
  const outfile = join(run.folder, "..", "bundles", `${hashOf(file)}-${key}.mjs`);
  let baseline = results.baselines.get(key);
  if (baseline === undefined) {
    const loads = (some, only) => ask(some, only, { file, text, sites, outfile, run });
    let specs = tier;
    let answer = await loads(specs);
    if (answer.problem !== undefined) {
      // one that cannot be loaded must not keep the others from being asked
      const alone = [];
      for (const spec of tier) alone.push((await loads([spec], [])).problem);
      for (const [i, problem] of alone.entries()) if (problem !== undefined) run.warn(`${tier[i]}: ${problem}`);
      specs = tier.filter((_, i) => alone[i] === undefined);
      answer = specs.length === 0 || specs.length === tier.length ? answer : await loads(specs);
    }
    if (answer.problem !== undefined) {
      if (specs.length > 0) run.warn(`${specs.join(", ")}: ${answer.problem}`);
      return undefined;
    }
    const tests = answer.tests.map((test) => ({ ...test, spec: specs[test.spec] }));
    for (const test of tests) if (test.failure !== undefined) run.warn(`${titleOf(test)}: fails with nothing broken`);
    baseline = { specs, always: answer.always, tests };
    results.keepBaseline(key, baseline);
  } else {
    await bundle(file, text, baseline.specs, outfile);
  }
  const { specs } = baseline;
  const { always, tests } = baseline;
  const whole = new Set(always);
  const sitesOf = tests.map((test) => new Set(test.sites));
  // what a hook prepares is counted for the test that happened to come first
  for (const spec of specs.filter((spec) => /\b(beforeAll|beforeEach)\(/.test(run.specs.textOf(spec)))) {
    const together = tests.flatMap((test, i) => (test.spec === spec ? [i] : []));
    const all = new Set(together.flatMap((i) => tests[i].sites));
    for (const i of together) sitesOf[i] = all;
  }
  const reachedBy = (site) =>
    tests.flatMap(({ failure }, i) => (failure === undefined && (whole.has(site) || sitesOf[i].has(site)) ? [i] : []));
  return { key, outfile, specs, tests, reachedBy };
}

/** Runs specs with nothing broken, all of their tests or those that `only` names; `problem` says why they cannot. */
async function ask(specs, only, { file, text, sites, outfile, run }) {
  try {
    await bundle(file, text, specs, outfile);
  } catch (failure) {
    return { problem: failure.errors?.[0]?.text ?? failure.message };
  }
  const answer = await run.worker.run({ bundle: outfile, sites, only }, () => 600_000);
  if (answer.tests !== undefined) return answer;
  return { problem: answer.timedOut ? "takes too long" : answer.crashed.split("\n")[0] };
}

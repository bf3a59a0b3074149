import { format } from "node:util";

/** What stopped a law or an example. */
export interface Failure {
  readonly message: string;
  /** The smallest input found that breaks the law, as code. */
  readonly counterexample?: string;
  /** Leads the same seed to that input at once. */
  readonly path?: string;
}

export interface RunOptions {
  /** Random inputs for each law. Default: as many as the law says. */
  readonly runs?: number | undefined;
  /** Where random inputs start. Default: as the law says. */
  readonly seed?: number | undefined;
  /** Goes to one input at once: what a failure gave. */
  readonly path?: string | undefined;
  /** Look for the smallest input that fails. Default true. */
  readonly shrink?: boolean | undefined;
}

export interface Ran {
  /** Inputs that were tried. */
  readonly runs: number;
  readonly seed?: number;
  readonly failure?: Failure;
}

/** A law or an example, as a spec declares it. */
export interface Declared {
  readonly kind: "law" | "example";
  /** Titles of the suites around it, outermost first. */
  readonly suites: readonly string[];
  readonly name: string;
  /** Why it cannot run here. */
  readonly skipped?: string;
  run(options: RunOptions): Promise<Ran>;
}

type Body = (...values: never[]) => unknown;
type Hook = () => unknown;

interface Suite {
  readonly title: string;
  readonly parent: Suite | undefined;
  readonly skipped: string | undefined;
  readonly before: Once[];
  readonly after: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
}

/** A hook that runs once, before whatever comes first. */
class Once {
  private readonly hook: Hook;
  private done: Promise<unknown> | undefined;

  constructor(hook: Hook) {
    this.hook = hook;
  }

  run(): Promise<unknown> {
    this.done ??= (async () => this.hook())();
    return this.done;
  }
}

/** Takes the place of the test runner: keeps what specs declare, to be run whenever and as often as wanted. */
export class SpecHost {
  private readonly all: Declared[] = [];
  private readonly suites: Suite[] = [];
  private current: Suite = this.open("", undefined, undefined);

  /** What was declared since the last call, and how to end its suites. */
  take(): { readonly declared: Declared[]; end(): Promise<void> } {
    const declared = this.all.splice(0);
    const suites = this.suites.splice(0);
    this.current = this.open("", undefined, undefined);
    return {
      declared,
      async end() {
        for (const { after } of suites.reverse()) for (const hook of after) await hook();
      },
    };
  }

  suite(title: string, body: Body, skipped?: string): void {
    const outer = this.current;
    this.current = this.open(title, outer, skipped ?? outer.skipped);
    try {
      (body as () => void)();
    } finally {
      this.current = outer;
    }
  }

  declare(
    kind: Declared["kind"],
    name: string,
    run: Declared["run"],
    skipped: string | undefined = this.current.skipped,
  ): void {
    const chain: Suite[] = [];
    for (let suite: Suite | undefined = this.current; suite !== undefined; suite = suite.parent) chain.unshift(suite);
    this.all.push({
      ...{ kind, name, suites: chain.map(({ title }) => title).filter((title) => title !== "") },
      ...(skipped === undefined ? {} : { skipped }),
      async run(options) {
        for (const { before } of chain) for (const hook of before) await hook.run();
        for (const { beforeEach } of chain) for (const hook of beforeEach) await hook();
        const ran = await run(options);
        try {
          for (const { afterEach } of chain) for (const hook of afterEach) await hook();
        } catch (problem) {
          return ran.failure === undefined ? { ...ran, failure: { message: (problem as Error).message } } : ran;
        }
        return ran;
      },
    });
  }

  beforeAll(hook: Hook): void {
    this.current.before.push(new Once(hook));
  }

  afterAll(hook: Hook): void {
    this.current.after.push(hook);
  }

  beforeEach(hook: Hook): void {
    this.current.beforeEach.push(hook);
  }

  afterEach(hook: Hook): void {
    this.current.afterEach.push(hook);
  }

  private open(title: string, parent: Suite | undefined, skipped: string | undefined): Suite {
    const suite = { title, parent, skipped, before: [], after: [], beforeEach: [], afterEach: [] };
    this.suites.push(suite);
    return suite;
  }
}

/** A title with a row's values in it: `$name` for a field, `%s`, `%i`, … for places of a list. */
export function titleOf(title: string, row: unknown): string {
  const named = title.replace(/\$(\w+)/g, (whole, name) => {
    const value = (row as Record<string, unknown> | undefined)?.[name];
    return value === undefined ? whole : String(value);
  });
  const places = named.match(/%[sdifjoO]/g)?.length ?? 0;
  return format(named, ...(Array.isArray(row) ? row : [row]).slice(0, places));
}

/** Plans kept for programs seen before; the one unused for longest goes first. */
const most = 256;

interface Entry<Plan> {
  readonly plan: Plan;
  /** When it was last asked for, in calls. */
  used: number;
}

/** Plans by the keys of their programs. */
export class Plans<Plan> {
  private readonly known = new Map<string, Entry<Plan>>();
  private readonly dropped: (plan: Plan) => void;
  private calls = 0;

  /** @param dropped - takes the plan that goes */
  constructor(dropped: (plan: Plan) => void = () => {}) {
    this.dropped = dropped;
  }

  /** The plan of a key, which is made when it is first wanted. */
  of(key: string, make: () => Plan): Plan {
    let entry = this.known.get(key);
    if (entry === undefined) {
      entry = { plan: make(), used: 0 };
      if (this.known.size === most) this.dropOldest();
      this.known.set(key, entry);
    }
    entry.used = ++this.calls;
    return entry.plan;
  }

  private dropOldest(): void {
    const [key, { plan }] = [...this.known].reduce((oldest, other) =>
      other[1].used < oldest[1].used ? other : oldest,
    );
    this.known.delete(key);
    this.dropped(plan);
  }
}

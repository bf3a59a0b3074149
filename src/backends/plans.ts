/** Plans kept for programs seen before; the one unused for longest goes first. */
const most = 256;

/** Plans by the keys of their programs. */
export class Plans<Plan> {
  private readonly known = new Map<string, Plan>();
  private readonly dropped: (plan: Plan) => void;

  /** @param dropped - takes the plan that goes */
  constructor(dropped: (plan: Plan) => void = () => {}) {
    this.dropped = dropped;
  }

  /** The plan of a key, which is made when it is first wanted. */
  of(key: string, make: () => Plan): Plan {
    const plan = this.known.get(key) ?? make();
    this.known.delete(key);
    this.known.set(key, plan);
    if (this.known.size > most) {
      const [[oldest, spent]] = this.known;
      this.known.delete(oldest);
      this.dropped(spent);
    }
    return plan;
  }
}

/** What every fault has, whatever the platform. */
interface AnyFault {
  /** Default: every time. */
  times?: number;
}

/** The faults that are injected and not used up. */
export class OpenFaults<Fault extends AnyFault> {
  #open: { fault: Fault; taken: number }[] = [];

  inject(fault: Fault): void {
    this.#open.push({ fault, taken: 0 });
  }

  /** Faults that nothing has met: whoever injected them has shown nothing. */
  get unmet(): Fault[] {
    return this.#open.filter(({ taken }) => taken === 0).map(({ fault }) => fault);
  }

  clear(): void {
    this.#open = [];
  }

  /** The first fault that fits; it is used up by that when its times are. */
  take(fits: (fault: Fault) => boolean): Fault | undefined {
    const found = this.#open.find(({ fault }) => fits(fault));
    if (found === undefined) return undefined;
    found.taken += 1;
    this.#open = this.#open.filter(({ fault, taken }) => taken < (fault.times ?? Infinity));
    return found.fault;
  }

  has(fits: (fault: Fault) => boolean): boolean {
    return this.#open.some(({ fault }) => fits(fault));
  }
}

"use strict";

/** The points so far, a column of numbers for each value; what is not known is NaN. */
class Points {
  /** The older half is thinned beyond this, so that memory is bounded and the newest minutes stay whole. */
  static max = 12_000;
  static columns = {
    at: (p) => p.at,
    load: (p) => p.load_rps,
    forecast: (p) => p.forecast_rps,
    q90: (p) => p.forecast_q90_rps,
    spot: (p) => p.capacity?.spot,
    burstable: (p) => p.capacity?.burstable,
    on_demand: (p) => p.capacity?.on_demand,
    // What the load is above all that instances can take.
    lambda: (p) => Math.max(0, p.load_rps - Object.values(p.capacity ?? {}).reduce((sum, one) => sum + one, 0)),
    p50: (p) => p.p50_ms,
    p99: (p) => p.p99_ms,
    inTime: (p) => p.in_time,
    failed: (p) => p.failed,
    spilled: (p) => p.spilled,
    byInstances: (p) => p.served_by_instances,
    byLambda: (p) => p.served_by_lambda,
    costRate: (p) => p.usd_per_hour,
    cost: (p) => p.usd_total,
  };

  constructor() { this.clear(); }

  clear() {
    this.count = 0;
    this.last = null;
    for (const name of Object.keys(Points.columns)) this[name] = new Float64Array(Points.max);
  }

  /** Takes a point that is newer than all others; a second one of the same moment replaces the first. */
  add(point) {
    if (!Number.isFinite(point.at) || (this.count && point.at < this.at[this.count - 1])) return;
    const isSame = this.count && point.at === this.at[this.count - 1];
    if (!isSame && this.count === Points.max) this.thin();
    const index = isSame ? this.count - 1 : this.count++;
    for (const [name, value] of Object.entries(Points.columns)) this[name][index] = value(point) ?? NaN;
    this.last = point;
  }

  /** Every other point of the older half goes; of a pair the one with the higher p99 stays. */
  thin() {
    const half = Points.max / 2;
    const kept = [];
    for (let i = 0; i < half; i += 2) kept.push(this.p99[i + 1] > this.p99[i] ? i + 1 : i);
    for (const name of Object.keys(Points.columns)) {
      const column = this[name];
      kept.forEach((from, to) => { column[to] = column[from]; });
      column.copyWithin(kept.length, half, this.count);
    }
    this.count += kept.length - half;
  }

  /** The first index at or after a moment. */
  lowerBound(at) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[middle] < at) low = middle + 1; else high = middle;
    }
    return low;
  }

  /** The index nearest to a moment; -1 without points. */
  nearest(at) {
    const after = Math.min(this.lowerBound(at), this.count - 1);
    return after > 0 && at - this.at[after - 1] < this.at[after] - at ? after - 1 : after;
  }
}

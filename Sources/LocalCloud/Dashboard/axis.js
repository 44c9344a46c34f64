"use strict";

/** A vertical axis with round ends and steps; as Axis.swift of the reports. */
class Axis {
  /** From zero to a round number that is not below the largest value, in at most so many steps. */
  static linear(largest, most = 5) {
    const top = Math.max(largest, 1e-9);
    const power = 10 ** Math.floor(Math.log10(top / most));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => top / one <= most) ?? 10 * power;
    const count = Math.max(1, Math.ceil(top / step - 1e-9));
    return new Axis(0, count * step, Array.from({ length: count + 1 }, (_, i) => i * step), false);
  }

  /** Over powers of ten, ended by the nearest of 1, 2, 5, 10, 20 and so on. */
  static logarithmic(smallest, largest) {
    const [low, high] = [Math.max(1e-3, smallest), Math.max(2e-3, largest)];
    const steps = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      for (const digit of [1, 2, 5]) steps.push(digit * 10 ** power);
    }
    const first = Math.max(0, steps.findLastIndex((step) => step <= low * 1.000001));
    const last = Math.max(first + 1, steps.findIndex((step) => step >= high * 0.999999));
    const kept = steps.slice(first, last + 1);
    const isTen = (step) => Math.abs(Math.log10(step) - Math.round(Math.log10(step))) < 1e-9;
    const ticks = kept.length <= 6 ? kept : kept.filter((step, i) => i === 0 || i === kept.length - 1 || isTen(step));
    return new Axis(kept[0], kept.at(-1), ticks, true);
  }

  constructor(low, high, ticks, isLogarithmic) { Object.assign(this, { low, high, ticks, isLogarithmic }); }

  /** 0 at the bottom, 1 at the top; values outside are at the nearest end. */
  share(value) {
    const share = this.isLogarithmic
      ? Math.log(Math.max(value, this.low) / this.low) / Math.log(this.high / this.low)
      : (value - this.low) / (this.high - this.low);
    return share < 0 ? 0 : share > 1 ? 1 : share;
  }

  /** Round moments between two, and how each is written; at most so many. */
  static times(from, to, most) {
    const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
    const step = 1000 * (seconds.find((one) => (to - from) / (1000 * one) <= most) ?? 86400 * Math.ceil((to - from) / 864e5 / most));
    const ticks = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push({ at, name: Format.clock(at, step < 60_000) });
    return ticks;
  }
}

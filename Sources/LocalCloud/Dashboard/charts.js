"use strict";

/** The three charts: what each shows, in which colours, units and words. */
function makeCharts(history, state) {
  const column = (name, colour, key, more = {}) => ({ name, colour, key, ...more });
  const lines = (list) => list.map((one) => ({ ...one, isLine: true }));
  const capacity = (h, i) => (h.spot[i] || 0) + (h.burstable[i] || 0) + (h.on_demand[i] || 0);
  const last = (h, key) => h[key][h.count - 1];

  const load = new Chart(byID("load-chart"), history, {
    name: "Load, forecast and capacity by kind",
    unit: "requests per second",
    hasFlags: true,
    gutter: 9.2,
    narrow: 520,
    layers: Object.entries(Kinds).map(([key, kind]) => column(kind.name, kind.colour, key, { alpha: key === "lambda" ? 0.6 : 0.82 })),
        lines: lines([
      column("load", "fg", "load", { width: 2 }),
      column("forecast", "muted", "forecast", { dash: [5, 4], width: 1.6 }),
      column("its 0.9 quantile", "other", "q90", { isBand: true }),
    ]),
    ahead: () => expected(state),
    axis: ({ top }) => Axis.linear(Math.max(5, top * 1.04)),
    tick: Format.number,
    text: (value) => `${Format.number(value)} /s`,
    short: (value) => Format.number(value),
    sentence: (h) => h.count
      ? `Now ${Format.number(last(h, "load"))} requests per second; instances carry up to ${Format.number(capacity(h, h.count - 1))}, Lambda the rest.`
      : "No requests yet.",
  });

  const latency = new Chart(byID("latency-chart"), history, {
    name: "Latency percentiles",
    unit: "milliseconds",
    gutter: 7,
    narrow: 330,
    lines: lines([column("p50", "spot", "p50"), column("p99", "fg", "p99", { width: 2 })]),
    mark: () => (state.now?.slo ? { value: state.now.slo.latency_ms, name: `objective ${Format.milliseconds(state.now.slo.latency_ms)}` } : null),
    axis: ({ top, bottom }) => {
      const objective = state.now?.slo?.latency_ms ?? 100;
      return Axis.logarithmic(Math.min(bottom, objective / 10), Math.max(top, objective * 2));
    },
    tick: (value) => (value >= 1000 ? `${Format.number(value / 1000)} s` : `${Format.number(value)}`),
    text: Format.milliseconds,
    short: Format.milliseconds,
    sentence: (h) => h.count ? `p50 ${Format.milliseconds(last(h, "p50"))}, p99 ${Format.milliseconds(last(h, "p99"))}.` : "No requests yet.",
  });

  const cost = new Chart(byID("cost-chart"), history, {
    name: "Cost per hour",
    unit: "dollars per hour",
    gutter: 1,
    narrow: 0,
    lines: lines([column("an hour", "fg", "costRate")]),
    axis: ({ top }) => Axis.linear(Math.max(0.001, top * 1.05), 3),
    tick: (value) => (value === 0 ? "$0" : `$${+value.toPrecision(2)}`),
    text: Format.dollars,
    short: Format.dollars,
    sentence: (h) => h.count ? `Now ${Format.dollars(last(h, "costRate"))} an hour.` : "Nothing was spent yet.",
  });
  return [load, latency, cost];
}

/** What the controller expects of the next minutes: its mean and its 0.9 quantile, from its last status, which it gave at that moment. */
function expected({ now, decidedAt }) {
  return (now?.controller?.forecast ?? [])
    .map((one) => ({ at: decidedAt + 60_000 * one.minutes, value: one.mean_rps, high: Math.max(one.mean_rps, one.q90_rps) }))
    .filter((one) => Number.isFinite(one.at) && Number.isFinite(one.value) && Number.isFinite(one.high))
    .sort((a, b) => a.at - b.at);
}

"use strict";

/** Draws all that changed, once before the browser's next frame. */
const Frames = {
  waiting: new Set(),
  ask(chart) {
    if (!Frames.waiting.size) requestAnimationFrame(Frames.draw);
    Frames.waiting.add(chart);
  },
  draw() {
    const start = performance.now();
    const charts = [...Frames.waiting];
    Frames.waiting.clear();
    for (const chart of charts) chart.draw();
    // For the browser's own tools; only the last is kept.
    performance.clearMeasures("charts");
    performance.measure("charts", { start, end: performance.now() });
  },
};

/**
 * A chart over time on a canvas, with a read-out for pointer and keyboard and a table for those who do not see it.
 *
 * what: name, unit, layers and lines with the column that each shows, axis, words; see charts.js.
 */
class Chart {
  static all = [];
  /** Seconds of the cloud's that are shown; 0 stands for all. */
  static span = 0;
  /** The moment at which all charts are read; null for none. */
  static cursor = null;
  /** Moments with a number, of the story. */
  static flags = [];

  constructor(figure, history, what) {
    Object.assign(this, { figure, history, what });
    this.canvas = make("canvas", {
      tabindex: 0, role: "application", "aria-roledescription": "chart", "aria-label": what.name,
    });
    this.readout = make("div", { class: "readout", hidden: true });
    this.picture = make("canvas", { "aria-hidden": "true" });
    this.plot = make("div", { class: "plot" }, this.picture, this.canvas, this.readout);
    this.legend = make("ul", { class: "legend", hidden: true });
    this.spoken = make("p", { class: "unseen", role: "status" });
    this.body = make("div", { class: "scroll", tabindex: 0 });
    this.details = make("details", {}, make("summary", {}, "As a table"), this.body);
    figure.append(this.plot, this.legend, this.spoken, this.details);
    this.details.addEventListener("toggle", () => this.details.open && this.tabulate());
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.plot);
    Chart.all.push(this);
  }

  /** Asks for a frame of all charts; without new values only what follows the pointer is drawn anew. */
  static askAll(isNew = true) {
    for (const chart of Chart.all) {
      chart.isOld ||= isNew;
      Frames.ask(chart);
    }
  }

  get series() { return [...(this.what.layers ?? []), ...this.what.lines]; }

  resize() {
    const box = this.plot.getBoundingClientRect();
    this.ratio = Math.min(3, window.devicePixelRatio || 1);
    [this.width, this.height] = [box.width, box.height];
    for (const canvas of [this.picture, this.canvas]) {
      canvas.width = Math.round(box.width * this.ratio);
      canvas.height = Math.round(box.height * this.ratio);
    }
    this.em = parseFloat(getComputedStyle(this.legend).fontSize) * 0.97 || 12;
    const isNarrow = box.width < this.what.narrow;
    this.legend.hidden = !isNarrow;
    if (isNarrow && !this.legend.childElementCount) {
      this.legend.append(...this.series.map((one) => make("li", {}, this.swatch(one), one.name)));
    }
    const em = this.em;
    this.isOld = true;
    this.inset = { left: 3.8 * em, right: isNarrow ? 10 : this.what.gutter * em, top: 1.2 * em, bottom: 2 * em };
    Frames.ask(this);
  }

  swatch(one) {
    const form = one.isLine && !one.isBand ? (one.dash ? "swatch line dashed" : "swatch line") : "swatch";
    return make("i", { class: form, "--c": `var(--${one.colour})` });
  }

  // MARK: Reading

  listen() {
    this.canvas.addEventListener("pointermove", (event) => this.point(this.atX(event.offsetX)));
    this.canvas.addEventListener("pointerdown", (event) => this.point(this.atX(event.offsetX)));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("blur", () => this.point(null));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  atX(x) {
    if (!this.view || !this.history.count) return null;
    const { from, to } = this.view;
    return from + (to - from) * (x - this.inset.left) / (this.width - this.inset.left - this.inset.right);
  }

  press(event) {
    const { history, view } = this;
    if (!history.count || !view) return;
    const now = Chart.cursor === null ? history.count - 1 : history.nearest(Chart.cursor);
    const step = Math.max(1, Math.round((history.count - view.first) / 120)) * (event.shiftKey ? 10 : 1);
    const next = { ArrowLeft: now - step, ArrowRight: now + step, Home: view.first, End: history.count - 1 }[event.key];
    if (event.key === "Escape") return this.point(null);
    if (next === undefined) return;
    event.preventDefault();
    this.point(history.at[Math.max(view.first, Math.min(history.count - 1, next))], true);
  }

  /** Shows the values of a moment here, and its line in all charts. */
  point(at, isSpoken = false) {
    Chart.cursor = at;
    const index = at === null ? -1 : this.history.nearest(at);
    this.readout.hidden = index < 0;
    Chart.askAll(false);
    if (index < 0) return write(this.spoken, "");
    const rows = this.rows(index);
    const time = Format.clock(this.history.at[index]);
    this.readout.replaceChildren(make("b", {}, time), ...rows.map(([one, text]) =>
      make("div", {}, this.swatch(one), make("span", {}, one.name), make("span", {}, text))));
    const x = this.x(this.history.at[index]);
    const isLeft = x > this.width / 2;
    this.readout.style.left = isLeft ? "" : `${x + 12}px`;
    this.readout.style.right = isLeft ? `${this.width - x + 12}px` : "";
    if (isSpoken) write(this.spoken, `${time}: ${rows.map(([one, text]) => `${one.name} ${text}`).join(", ")}`);
  }

  rows(index) {
    return [...this.series].reverse().map((one) => [one, this.what.text(this.history[one.key][index])]);
  }

  x(at) {
    const { from, to } = this.view;
    return this.inset.left + (at - from) / (to - from) * (this.width - this.inset.left - this.inset.right);
  }

  // MARK: For those who do not see it

  /** At most 30 moments, the newest first. */
  tabulate() {
    const { history, series } = this;
    const step = Math.max(1, Math.ceil(history.count / 30));
    const lines = [];
    for (let i = history.count - 1; i >= 0; i -= step) {
      const cells = series.map((one) => make("td", {}, this.what.text(history[one.key][i])));
      lines.push(make("tr", {}, make("th", { scope: "row" }, Format.clock(history.at[i])), ...cells));
    }
    const heads = ["time", ...series.map((one) => one.name)].map((name) => make("th", { scope: "col" }, name));
    this.body.replaceChildren(make("table", {}, make("caption", { class: "unseen" }, `${this.what.name}, ${this.what.unit}`),
      make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...lines)));
  }

  /** What a screen reader says of the chart; called every few seconds. */
  describe() {
    const text = `${this.what.name}. ${this.what.sentence(this.history)} Arrow keys read values.`;
    if (this.canvas.getAttribute("aria-label") !== text) this.canvas.setAttribute("aria-label", text);
  }
}

"use strict";

/** The drawing of a chart: at most one vertex of an area, and two of a line, for each pixel column, however many points there are. */
Object.assign(Chart.prototype, {
  draw() {
    if (!this.width) return;
    if (this.isOld) this.drawPicture(this.cleared(this.picture));
    this.isOld = false;
    this.drawCursor(this.cleared(this.canvas));
  },

  /** An empty canvas that is measured as the page is. */
  cleared(canvas) {
    const context = canvas.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    return context;
  },

  /** All that stays while the pointer moves; that has a canvas of its own, because copying a picture takes longer than drawing it. */
  drawPicture(context) {
    context.font = `${this.em}px system-ui, sans-serif`;
    this.view = this.viewed();
    this.axis = this.what.axis(this.largest());
    this.drawGrid(context);
    if (!this.history.count) return;
    const columns = this.columns();
    const ends = this.drawAreas(context, columns);
    this.drawMark(context);
    this.drawBand(context, columns);
    for (const line of this.what.lines.filter((one) => !one.isBand)) ends.push(this.drawLine(context, columns, line));
    this.drawAhead(context);
    this.drawFlags(context);
    if (this.legend.hidden && this.what.gutter > 1) this.drawNames(context, ends.filter(Boolean));
  },

  /** The moments shown, and the first index among them; a little of the future when something is expected. */
  viewed() {
    const { history } = this;
    if (!history.count) return { from: 0, to: 60_000, first: 0, last: 60_000 };
    const last = history.at[history.count - 1];
    const oldest = Math.min(history.at[0], last - 60_000);
    const from = Chart.span ? Math.max(oldest, last - Chart.span * 1000) : oldest;
    const ahead = Math.max(0, ...(this.what.ahead?.() ?? []).map((one) => one.at - last));
    return { from, to: last + Math.min(ahead, 0.14 * (last - from)), first: history.lowerBound(from), last };
  },

  /** The largest of all values that are shown, of stacks their sum, and the smallest of lines. */
  largest() {
    let [top, bottom] = [0, Infinity];
    const { history, view } = this;
    const layers = (this.what.layers ?? []).map((one) => history[one.key]);
    for (let i = view.first; layers.length && i < history.count; i++) {
      let sum = 0;
      for (const layer of layers) sum += layer[i] || 0;
      if (sum > top) top = sum;
    }
    for (const line of this.what.lines) {
      const values = history[line.key];
      for (let i = view.first; i < history.count; i++) {
        const value = values[i];
        if (value > top) top = value;
        if (value < bottom) bottom = value;
      }
    }
    for (const one of this.what.ahead?.() ?? []) if (one.at <= view.to) top = Math.max(top, one.high);
    return { top, bottom };
  },

  y(value) { return this.inset.top + (1 - this.axis.share(value)) * (this.height - this.inset.top - this.inset.bottom); },

  /** Runs of points that fall into the same pixel column: x, first index, index after the last. */
  columns() {
    const { history, view } = this;
    const runs = [];
    let open = -1;
    const { left, right } = this.inset;
    const scale = (this.width - left - right) / (view.to - view.from);
    // One point before the first, so that lines come from the edge.
    for (let i = Math.max(0, view.first - 1); i < history.count; i++) {
      const x = Math.max(left, Math.round(left + (history.at[i] - view.from) * scale));
      if (x !== open) runs.push({ x, start: i, end: i + 1 });
      else runs[runs.length - 1].end = i + 1;
      open = x;
    }
    return runs;
  },

  drawGrid(context) {
    const { left, right, bottom } = this.inset;
    context.lineWidth = 1;
    context.strokeStyle = Palette.get("grid");
    context.fillStyle = Palette.get("muted");
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const tick of this.axis.ticks) {
      const y = Math.round(this.y(tick)) + 0.5;
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(this.width - right, y);
      context.stroke();
      context.fillText(this.what.tick(tick), left - 8, y);
    }
    context.textAlign = "center";
    for (const tick of Axis.times(this.view.from, this.view.to, Math.max(2, Math.floor((this.width - left - right) / (6 * this.em))))) {
      const x = this.x(tick.at);
      if (this.history.count && x > left + 14 && x < this.width - right + 4) context.fillText(tick.name, x, this.height - bottom + 1.15 * this.em);
    }
  },

  /** Mean of a run, so that a stack of means is the mean of the stack; NaN counts as nothing. */
  mean(series, run) {
    let sum = 0;
    const values = this.history[series.key];
    for (let i = run.start; i < run.end; i++) sum += values[i] || 0;
    return sum / (run.end - run.start);
  },

  /** Stacked areas with steps at their changes; returns where the names belong. */
  drawAreas(context, columns) {
    const base = new Float64Array(columns.length);
    const ends = [];
    for (const area of this.what.layers ?? []) {
      const values = columns.map((run) => this.mean(area, run));
      if (!values.some((value) => value > 0)) continue;
      context.fillStyle = Palette.get(area.colour);
      context.globalAlpha = area.alpha;
      context.beginPath();
      columns.forEach((run, i) => context.lineTo(run.x, this.y(base[i] + values[i])));
      for (let i = columns.length - 1; i >= 0; i--) context.lineTo(columns[i].x, this.y(base[i]));
      context.closePath();
      context.fill();
      context.globalAlpha = 1;
      values.forEach((value, i) => { base[i] += value; });
      const last = values.length - 1;
      if (values[last] > 0) ends.push({ series: area, y: this.y(base[last] - values[last] / 2), value: values[last] });
    }
    return ends;
  },

  drawLine(context, columns, line) {
    const values = this.history[line.key];
    context.strokeStyle = Palette.get(line.colour);
    context.lineWidth = line.width ?? 1.8;
    context.lineJoin = "round";
    context.setLineDash(line.dash ?? []);
    context.beginPath();
    let isDown = false;
    for (const run of columns) {
      let [low, high] = [Infinity, -Infinity];
      for (let i = run.start; i < run.end; i++) {
        const value = values[i];
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (high === -Infinity) { isDown = false; continue; }
      if (isDown) context.lineTo(run.x, this.y(low)); else context.moveTo(run.x, this.y(low));
      if (high > low) context.lineTo(run.x, this.y(high));
      isDown = true;
    }
    context.stroke();
    context.setLineDash([]);
    const value = values[this.history.count - 1];
    return Number.isFinite(value) ? { series: line, y: this.y(value), value } : null;
  },

  /** From the forecast of each moment up to its 0.9 quantile. */
  drawBand(context, columns) {
    const [high, low] = [this.what.lines.find((one) => one.isBand), this.what.lines.find((one) => one.dash)];
    if (!high || !low) return;
    context.fillStyle = Palette.get("other");
    context.globalAlpha = 0.3;
    const known = columns.filter((run) => Number.isFinite(this.history[high.key][run.start]));
    context.beginPath();
    for (const run of known) context.lineTo(run.x, this.y(this.mean(high, run)));
    for (const run of known.reverse()) context.lineTo(run.x, this.y(this.mean(low, run)));
    context.fill();
    context.globalAlpha = 1;
  },

  /** What is expected of the next minutes, with its band. */
  drawAhead(context) {
    const expected = (this.what.ahead?.() ?? []).filter((one) => one.at > this.view.last);
    if (!expected.length) return;
    const last = this.history.count - 1;
    const now = this.history[this.what.lines[0].key][last] || 0;
    const points = [{ at: this.view.last, value: now, high: now }, ...expected];
    context.save();
    context.beginPath();
    context.rect(this.inset.left, 0, this.width - this.inset.left - this.inset.right, this.height);
    context.clip();
    context.beginPath();
    for (const one of points) context.lineTo(this.x(one.at), this.y(one.high));
    for (const one of [...points].reverse()) context.lineTo(this.x(one.at), this.y(one.value));
    context.fillStyle = Palette.get("other");
    context.globalAlpha = 0.28;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = Palette.get("muted");
    context.lineWidth = 1.6;
    context.setLineDash([5, 4]);
    context.beginPath();
    for (const one of points) context.lineTo(this.x(one.at), this.y(one.value));
    context.stroke();
    context.setLineDash([]);
    context.restore();
  },

  /** The objective. */
  drawMark(context) {
    const mark = this.what.mark?.();
    if (!mark) return;
    const y = Math.round(this.y(mark.value)) + 0.5;
    context.strokeStyle = context.fillStyle = Palette.get("bad");
    context.lineWidth = 1.2;
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(this.inset.left, y);
    context.lineTo(this.width - this.inset.right, y);
    context.stroke();
    context.setLineDash([]);
    context.textAlign = "left";
    this.haloed(context, mark.name, this.inset.left + 6, y - 8);
  },

  haloed(context, text, x, y) {
    context.lineWidth = 4;
    context.strokeStyle = Palette.get("bg");
    context.lineJoin = "round";
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  },

  /** Numbers of the story at their moments. */
  drawFlags(context) {
    if (!this.what.hasFlags) return;
    context.textAlign = "center";
    let free = -Infinity;
    for (const flag of Chart.flags) {
      const x = Math.round(this.x(flag.at)) + 0.5;
      if (x < this.inset.left || x > this.width - this.inset.right) continue;
      context.strokeStyle = Palette.get("muted");
      context.globalAlpha = 0.45;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, 1.5 * this.em);
      context.lineTo(x, this.height - this.inset.bottom);
      context.stroke();
      context.globalAlpha = 1;
      if (x < free) continue;
      free = x + 1.6 * this.em;
      context.fillStyle = Palette.get("fg");
      context.beginPath();
      context.arc(x, 0.75 * this.em, 0.68 * this.em, 0, 7);
      context.fill();
      context.fillStyle = Palette.get("bg");
      context.fillText(flag.number, x, 0.8 * this.em);
    }
  },

  drawCursor(context) {
    if (Chart.cursor === null || !this.history.count) return;
    const index = this.history.nearest(Chart.cursor);
    const x = Math.round(this.x(this.history.at[index])) + 0.5;
    if (x < this.inset.left) return;
    context.strokeStyle = Palette.get("fg");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, this.inset.top);
    context.lineTo(x, this.height - this.inset.bottom);
    context.stroke();
    for (const line of this.what.lines) {
      const value = this.history[line.key][index];
      if (line.isBand || !Number.isFinite(value)) continue;
      context.fillStyle = Palette.get(line.colour);
      context.beginPath();
      context.arc(x, this.y(value), 3.5, 0, 7);
      context.fill();
    }
  },

  /** Names and values beside the ends of what they name, moved apart where they would overlap. */
  drawNames(context, ends) {
    ends.sort((a, b) => a.y - b.y);
    const line = 1.25 * this.em;
    const floor = this.height - this.inset.bottom - 6;
    let next = 10;
    for (const end of ends) next = (end.at = Math.max(end.y, next)) + line;
    let limit = floor;
    for (const end of [...ends].reverse()) limit = (end.at = Math.min(end.at, limit)) - line;
    context.textAlign = "left";
    for (const end of ends) {
      context.fillStyle = Palette.get(end.series.colour);
      context.fillText(`${end.series.name} ${this.what.short(end.value)}`, this.width - this.inset.right + 8, end.at);
    }
  },
});

"use strict";

/** A place to draw a digit: strokes stay lines, so that they can be drawn again as small as a model wants them. */
class Paper {
  constructor(canvas, onChange) {
    Object.assign(this, { canvas, onChange, strokes: [] });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.strokes.push([this.at(event)]);
      this.draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      for (const one of event.getCoalescedEvents?.() ?? [event]) this.strokes.at(-1).push(this.at(one));
      this.draw();
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.onChange());
    this.draw();
  }

  /** 0 to 1 from the upper left corner. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  clear() { this.strokes = []; this.picture = null; this.draw(); }

  /** Shows a sample instead of strokes. */
  show(picture, side) { this.strokes = []; this.picture = { picture, side }; this.draw(); }

  draw() {
    const size = this.canvas.width;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, size, size);
    if (this.strokes.length) this.picture = null;
    if (this.picture) return this.drawPicture(context, size);
    context.strokeStyle = Palette.get("fg");
    Paper.trace(context, this.strokes, (point) => point.map((one) => one * size), size / 13);
  }

  drawPicture(context, size) {
    const { picture, side } = this.picture;
    const cell = size / side;
    context.fillStyle = Palette.get("fg");
    picture.forEach((value, i) => {
      context.globalAlpha = value;
      context.fillRect((i % side) * cell, Math.floor(i / side) * cell, cell + 0.5, cell + 0.5);
    });
    context.globalAlpha = 1;
  }

  static trace(context, strokes, place, width) {
    [context.lineWidth, context.lineCap, context.lineJoin] = [width, "round", "round"];
    for (const stroke of strokes) {
      context.beginPath();
      const points = stroke.length > 1 ? stroke : [stroke[0], stroke[0].map((one) => one + 1e-4)];
      for (const point of points) context.lineTo(...place(point));
      context.stroke();
    }
  }

  /**
   * Grey values from 0 to 1, [side x side], as the model's data set was made: the digit fills the height and stands in the middle.
   * Null without strokes.
   */
  pixels(side) {
    const all = this.strokes.flat();
    if (!all.length) return null;
    const [xs, ys] = [all.map((p) => p[0]), all.map((p) => p[1])];
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    // Eight pixels are filled to the edge; larger pictures have MNIST's margin of 4 in 28.
    const fine = 16;
    const size = side * fine;
    const pen = size * (side <= 10 ? 0.15 : 0.09);
    const room = (side <= 10 ? size : size * 20 / 28) - pen;
    const scale = Math.min(room / Math.max(bottom - top, 1e-3), (side <= 10 ? 0.86 : 1) * room / Math.max(right - left, 1e-3), size * 4);
    const place = ([x, y]) => [size / 2 + (x - (left + right) / 2) * scale, size / 2 + (y - (top + bottom) / 2) * scale];
    const context = make("canvas", { width: size, height: size }).getContext("2d", { willReadFrequently: true });
    context.strokeStyle = "#fff";
    Paper.trace(context, this.strokes, place, pen);
    const alpha = context.getImageData(0, 0, size, size).data;
    const sums = new Array(side * side).fill(0);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) sums[Math.floor(y / fine) * side + Math.floor(x / fine)] += alpha[4 * (y * size + x) + 3];
    }
    return sums.map((sum) => sum / (255 * fine * fine));
  }
}

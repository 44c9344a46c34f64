"use strict";

/** Draw a digit, or take a sample, and see what the model says. */
const Digits = {
  /** One of each from the model's held-out samples: 64 values from 0 to g (16), row by row. */
  samples: [
    "004fd20004gf7b0008ee0e20079c487006b0079002f10a8000b84f40002ega00",
    "005e1000009g400000cg400000cg8000009gb0000008g2000038fdb8005gggga",
    "007cc20005f6a9000b40b6000302f200001d600000bb100001g7442000bcdeb0",
    "007ff20000d6c6000000f200000da0000008fc0003702f1002f66g10004fg700",
    "0006g200002ff00000fg323007g73fb007geeg50017cga000007g400000af000",
    "02ddb9000agggfa00bg9000003fg8000002be0000008g000001bb00001gf4000",
    "004e600000af200000gb000000db000003gc830002ge8c9000gd4cc0006fgc10",
    "0004bfgc002gc9bc001200e50007cef0003ggf200001b8000002f1000005a000",
    "01de200007e9500006d3c64001eceg40002gg70000be8d0004g42e2001ced600",
    "019e800008b37b100c703g4003dcee70000006700000099000002g10008de500",
  ].map((text) => [...text].map((digit) => parseInt(digit, 17) / 16)),

  start() {
    Digits.paper = new Paper(byID("paper"), () => Digits.drawn());
    byID("clear").addEventListener("click", () => { Digits.clear(); Try.say(Try.hint(["drawing"])); });
    Digits.samples.forEach((sample, digit) => {
      const picture = make("canvas", { width: 8, height: 8, "aria-hidden": "true" });
      Digits.paint(picture, sample, 8);
      const button = make("button", { type: "button", "aria-label": `Sample of a handwritten ${digit}` }, picture);
      button.addEventListener("click", () => { Pictures.clear(); Digits.paper.show(sample, 8); Digits.ask(() => sample); });
      byID("samples").append(button);
    });
    Digits.bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = make("i");
      byID("probabilities").append(make("li", {}, make("div", { class: "rail" }, bar), make("span", {}, String(digit))));
      return bar;
    });
  },

  clear() {
    clearTimeout(Digits.timer);
    Digits.paper.clear();
    Digits.show(null);
    Digits.see(null);
  },

  paint(canvas, pixels, side) {
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    const image = context.createImageData(side, side);
    image.data.fill(255);
    for (let i = 0; i < side * side; i++) image.data.fill(Math.round(255 * (pixels?.[i] ?? 0)), 4 * i, 4 * i + 3);
    context.putImageData(image, 0, 0);
  },

  see(pixels) { Digits.paint(byID("seen"), pixels, pixels ? Math.sqrt(pixels.length) : 8); },

  /** A stroke has ended; another may follow, so it waits a moment. */
  drawn() {
    clearTimeout(Digits.timer);
    Digits.timer = setTimeout(() => Digits.ask((side) => Digits.paper.pixels(side)), 350);
  },

  /** Name and side of the model's input. */
  async input() {
    const model = Try.model.name;
    if (Digits.known?.model === model) return Digits.known;
    const response = await fetch(`/v2/models/${encodeURIComponent(model)}`, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`the model ${model} is not there (${response.status})`);
    const tensor = (await response.json()).inputs?.[0];
    const values = (tensor?.shape ?? []).slice(1).reduce((product, one) => product * one, 1);
    const side = Math.sqrt(values);
    if (!Number.isInteger(side)) throw new Error(`${model} takes [${tensor?.shape}], which is no square picture`);
    return (Digits.known = { model, name: tensor.name, shape: [1, ...tensor.shape.slice(1)], side });
  },

  /** - picture: gives grey values from 0 to 1 for a side; those of a sample are made larger where the model wants more. */
  async ask(picture) {
    let isShown = false;
    const isNewest = await Try.ask(async (isOld) => {
      const input = await Digits.input();
      const given = picture(input.side);
      if (!given) return null;
      const from = Math.sqrt(given.length);
      const pixels = Array.from({ length: input.side ** 2 }, (_, i) =>
        given[Math.floor(Math.floor(i / input.side) * from / input.side) * from + Math.floor((i % input.side) * from / input.side)]);
      Digits.see(pixels);
      const tensor = { name: input.name, datatype: "FP32", shape: input.shape, data: pixels.map((one) => Math.round(one * 1600) / 100) };
      const { answer, headers, elapsed } = await Try.send("infer", "application/json", JSON.stringify({ inputs: [tensor] }));
      if (isOld()) return null;
      const probabilities = answer.outputs[0].data;
      const best = Digits.show(probabilities);
      isShown = true;
      return `A ${best}, ${Format.share(probabilities[best])} % sure${Try.where(headers, elapsed)}`;
    });
    if (isNewest && !isShown) Digits.show(null);
  },

  /** The digit that is likeliest; -1 without probabilities. */
  show(probabilities) {
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    write(byID("digit"), best < 0 ? "?" : String(best));
    Digits.bars.forEach((bar, digit) => {
      bar.style.height = `${100 * (probabilities?.[digit] ?? 0)}%`;
      bar.closest("li").classList.toggle("best", digit === best);
    });
    return best;
  },
};

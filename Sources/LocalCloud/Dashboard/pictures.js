"use strict";

/** Drop or choose a picture file: it goes to the model as it is, which the server decodes and prepares. */
const Pictures = {
  types: ["image/png", "image/jpeg"],
  /** What the server takes at most, in bytes. */
  sizeMax: 4_000_000,
  classesMax: 10,

  start() {
    const drop = byID("drop");
    byID("picture").addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (file) Pictures.ask(file);
      // The same file may be chosen again.
      event.target.value = "";
    });
    const over = (isOver) => (event) => { event.preventDefault(); drop.classList.toggle("over", isOver); };
    const panel = byID("try-picture");
    panel.addEventListener("dragover", over(true));
    panel.addEventListener("dragleave", over(false));
    panel.addEventListener("drop", (event) => {
      over(false)(event);
      const [file] = event.dataTransfer.files;
      if (file && !drop.hidden) Pictures.ask(file);
    });
  },

  clear() {
    byID("classes").replaceChildren();
    byID("preview").hidden = true;
  },

  ask(file) {
    return Try.ask(async (isOld) => {
      if (!Pictures.types.includes(file.type)) throw new Error(`${file.name} is ${file.type || "of an unknown type"}; choose a PNG or a JPEG`);
      if (file.size > Pictures.sizeMax) throw new Error(`${file.name} has ${Format.count(file.size)} bytes; choose one of at most ${Format.count(Pictures.sizeMax)}`);
      Digits.clear();
      await Pictures.preview(file);
      const { answer, headers, elapsed } = await Try.send(`infer?top=${Pictures.classesMax}`, file.type, file);
      if (isOld()) return null;
      Pictures.show(answer.classes);
      const [best] = answer.classes;
      return `${best.label}, ${Format.share(best.probability)} % sure${Try.where(headers, elapsed)}`;
    });
  },

  /** What was chosen, as small as the place for it. A file that the browser cannot read is the server's to refuse. */
  async preview(file) {
    const canvas = byID("preview");
    const picture = await createImageBitmap(file).catch(() => null);
    canvas.hidden = !picture;
    if (!picture) return;
    const scale = Math.min(1, 320 / Math.max(picture.width, picture.height));
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-label", `The picture ${file.name}`);
  },

  /** - classes: {label, probability}, best first. Ten digits have their own bars. */
  show(classes) {
    if (!byID("try-drawing").hidden) {
      const probabilities = new Array(10).fill(0);
      for (const one of classes) probabilities[one.index] = one.probability;
      return Digits.show(probabilities);
    }
    byID("classes").replaceChildren(...classes.slice(0, 5).map((one) => {
      const bar = make("i");
      bar.style.width = `${100 * one.probability}%`;
      return make("li", {}, make("span", {}, one.label), make("div", { class: "rail", "aria-hidden": "true" }, bar), make("span", {}, `${Format.share(one.probability)} %`));
    }));
  },
};

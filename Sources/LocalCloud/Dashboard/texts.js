"use strict";

/** Write a text and see the model go on with it, or translate it; tokens are shown as they arrive. */
const Texts = {
  start() {
    byID("try-text").addEventListener("submit", (event) => { event.preventDefault(); Texts.ask(); });
    byID("prompt").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); Texts.ask(); }
    });
    byID("stop").addEventListener("click", () => Texts.abort?.abort());
  },

  examples: {
    translation: ["three hundred and forty-two", "the third of May, nineteen eighty-four", "seven hundred thousand and one"],
    text: ["The ", "It was "],
  },

  choose(isTranslation) {
    Texts.abort?.abort();
    Texts.isTranslation = isTranslation;
    byID("beams").hidden = !isTranslation;
    byID("length").hidden = isTranslation;
    write(byID("send"), isTranslation ? "Translate" : "Go on");
    byID("prompt").value = Texts.examples[isTranslation ? "translation" : "text"][0];
    write(byID("written"), "");
    byID("examples").replaceChildren(...Texts.examples[isTranslation ? "translation" : "text"].map((text) => {
      const button = make("button", { type: "button" }, text);
      button.addEventListener("click", () => { byID("prompt").value = text; Texts.ask(); });
      return button;
    }));
  },

  ask() {
    Texts.abort?.abort();
    const text = byID("prompt").value;
    const width = Number(byID("beam").value);
    if (Texts.isTranslation && width > 1) return Try.ask((isOld) => Texts.search(text, width, isOld));
    const parameters = Texts.isTranslation ? {} : { max_tokens: Number(byID("tokens").value), temperature: 0.7 };
    return Try.ask((isOld) => Texts.stream(text, parameters, isOld));
  },

  /** Several texts are continued side by side, so that none can be shown before the end. */
  async search(text, width, isOld) {
    write(byID("written"), "");
    const request = JSON.stringify({ text_input: text, parameters: { beam_width: width } });
    const { answer, headers, elapsed } = await Try.send("generate", "application/json", request);
    if (isOld()) return null;
    write(byID("written"), answer.text_output);
    return `Searched with ${width} beams${Try.where(headers, elapsed)}`;
  },

  /** Through the function's own URL, as API Gateway's HTTP API does not stream. */
  async stream(text, parameters, isOld) {
    const written = byID("written");
    write(written, Texts.isTranslation ? "" : text);
    Texts.abort = new AbortController();
    byID("stop").hidden = false;
    const started = performance.now();
    let [first, tokens] = [NaN, 0];
    try {
      const response = await fetch(`/function-url/v2/models/${encodeURIComponent(Try.model.name)}/generate_stream`, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text_input: text, parameters }),
        signal: AbortSignal.any([Texts.abort.signal, AbortSignal.timeout(60_000)]),
      });
      if (!response.ok) throw new Error(Try.reason(await response.json().catch(() => ({})), response.status));
      for await (const data of Texts.events(response)) {
        if (isOld()) return null;
        if (data.error) throw new Error(Try.reason(data));
        if (!data.text_output) continue;
        if (tokens === 0) first = performance.now() - started;
        tokens += 1;
        written.append(data.text_output);
      }
      return `${Format.plural(tokens, "piece")}, the first after ${Format.milliseconds(first)}${await Texts.receipt(response, started)}`;
    } catch (error) {
      if (Texts.abort.signal.aborted && !isOld()) return `Stopped after ${Format.plural(tokens, "piece")}.`;
      throw error;
    } finally {
      if (!isOld()) byID("stop").hidden = true;
    }
  },

  /** The JSON of each server-sent event (WHATWG HTML, section 9.2). */
  async *events(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (rest + value).split(/\r?\n\r?\n/);
      rest = events.pop();
      for (const event of events) {
        const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n").trim();
        if (data && data !== "[DONE]") yield JSON.parse(data);
      }
    }
  },

  /** What a streamed answer cost is known only after it. */
  async receipt(response, started) {
    const elapsed = performance.now() - started;
    const name = response.headers.get("x-mark-receipt");
    const receipt = name ? await (await fetch(`/cloud/receipts/${name}`, { signal: AbortSignal.timeout(5000) })).json().catch(() => ({})) : {};
    return Try.told(receipt.served_by, receipt.latency_ms ?? elapsed, receipt.cost_usd ?? NaN);
  },
};

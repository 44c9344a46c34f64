"use strict";

/** Ask a model of the stack something: which one, what it takes, and what every answer is told with. */
const Try = {
  /** - state: { now } of the page. */
  start(state) {
    Try.state = state;
    byID("try-model").addEventListener("change", (event) => Try.choose(event.target.value));
    Digits.start();
    Pictures.start();
    Texts.start();
    Try.choose(null);
  },

  /** The models that can be tried by hand, with what they take: drawing, picture, text, translation. */
  get models() {
    const now = Try.state.now;
    return (now?.models ?? [{ name: now?.model ?? "digits", takes: ["drawing"] }]).filter((one) => one.takes.length);
  },

  /** The state has come: the list is of what the stack has, and a choice stays. */
  list() {
    const names = Try.models.map((one) => one.name);
    const select = byID("try-model");
    if (names.join() !== [...select.options].map((one) => one.value).join()) {
      select.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    }
    if (!names.includes(Try.model?.name)) Try.choose(names.includes(Try.state.now?.model) ? Try.state.now.model : names[0] ?? null);
    select.value = Try.model?.name ?? "";
  },

  choose(name) {
    Try.turn = (Try.turn ?? 0) + 1;
    Try.model = Try.models.find((one) => one.name === name) ?? null;
    const takes = Try.model?.takes ?? [];
    byID("try-picture").hidden = !takes.includes("drawing") && !takes.includes("picture");
    byID("try-drawing").hidden = byID("samples").hidden = !takes.includes("drawing");
    byID("drop").hidden = !takes.includes("picture");
    byID("try-text").hidden = !takes.includes("text") && !takes.includes("translation");
    Digits.clear();
    Pictures.clear();
    Texts.choose(takes.includes("translation"));
    Try.say(Try.hint(takes));
  },

  hint(takes) {
    if (takes.includes("translation")) return "Write a number or a date in English words.";
    if (takes.includes("text")) return "Write how a text begins; the model goes on with it.";
    if (takes.includes("drawing")) return "Draw a digit, or choose a sample.";
    return takes.includes("picture") ? "Choose a picture, or drop one here." : "The stack has no model that can be tried by hand.";
  },

  say(text, isBad = false) {
    write(byID("answer"), text);
    byID("answer").className = isBad ? "bad" : "";
  },

  /**
   * Asks, and says why there is no answer when there is none. Only the newest question is answered.
   * - question: does the asking, and gives what is to be said; `isOld` tells it that nobody waits any more.
   */
  async ask(question) {
    const turn = (Try.turn = Try.turn + 1);
    const isOld = () => turn !== Try.turn;
    Try.say("Asking …");
    try {
      const text = await question(isOld);
      if (!isOld()) Try.say(text ?? Try.hint(Try.model?.takes ?? []));
      return !isOld();
    } catch (error) {
      if (!isOld()) Try.say(`No answer: ${error.message}.`, true);
      return false;
    }
  },

  /** Sends to the model; the answer's JSON with its headers and its time. Throws what it says of a refusal. */
  async send(path, type, body) {
    const started = performance.now();
    const response = await fetch(`/v2/models/${encodeURIComponent(Try.model.name)}/${path}`, {
      method: "POST", headers: { "content-type": type }, signal: AbortSignal.timeout(30_000), body,
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(Try.reason(answer, response.status));
    return { answer, headers: response.headers, elapsed: performance.now() - started };
  },

  reason(answer, status) {
    const text = typeof answer.error === "string" ? answer.error : answer.error?.message ?? answer.message;
    return String(text ?? `the answer was ${status}`).replace(/\.$/, "");
  },

  /** Where it was answered, how long that took and what it cost; as much of it as is known. */
  where(headers, elapsed) {
    return Try.told(headers.get("x-mark-served-by"), Number(headers.get("x-mark-latency-ms") ?? elapsed), Number(headers.get("x-mark-cost-usd") ?? NaN));
  },

  told(place, latency, cost) {
    const instance = (Try.state.now?.instances ?? []).find((one) => one.id === place);
    const where = !place ? "" : place === "lambda" ? ", answered by Lambda" : `, answered by ${instance ? `${instance.type} ${Kinds[instance.kind]?.name ?? ""} ` : ""}${place}`;
    const price = Number.isFinite(cost) ? `; cost ${Format.dollars(cost)}, a million of them ${Format.dollars(cost * 1e6)}` : "";
    return `${where} in ${Format.milliseconds(latency)}${price}.`;
  },
};

"use strict";

/** What one can do to the cloud, and what came of it. */
const Orders = {
  list: [
    { id: "surge", name: "Surge", note: "3 times the load for a minute", icon: "M2 13l4-1 3-9 3 9 4 1",
      order: () => ({ order: "surge", factor: 3, seconds: 60 }), done: "The load is three times as high for a minute. Lambda takes at once what the instances cannot.",
      refuses: (state) => (state.demo ? null : "Nothing is replayed here: start `mark up --demo` for a load that can surge.") },
    { id: "reclaim", name: "Reclaim a spot instance", note: "with EC2's warning of two minutes", icon: "M8 2a6 6 0 1 0 6 6M8 5v3l2 2M14 2v4h-4",
      order: () => ({ order: "reclaim" }), done: "EC2 takes its oldest spot instance back in two minutes. It drains, and another is found." },
    { id: "kill", name: "Kill a backend", note: "without a word, as hardware does", icon: "M3 3l10 10M13 3L3 13",
      order: () => ({ order: "kill-instance" }), done: "A backend is dead. The router goes elsewhere with what it was sending, and the controller replaces it." },
    { id: "controller", name: "Kill the controller", note: "requests do not need it", icon: "M8 1v6M4.5 3.5a6 6 0 1 0 7 0",
      order: (state) => ({ order: "kill-function", function: controllerName(state) }), done: "The controller is dead until its next tick, which starts a new one from the table.",
      refuses: (state) => (controllerName(state) ? null : "This cloud has no controller.") },
    { id: "capacity", name: "Sell spot out", note: "no spot capacity for 5 minutes of the cloud's", icon: "M2 5h12v8H2zM5 5V3h6v2M2 13L14 5",
      order: () => ({ order: "close-pools", market: "spot", seconds: 300 }), done: "No pool has spot capacity for five minutes of the cloud's. Whoever asks for some must do with other markets, or Lambda." },
  ],

  /** - state: { now } of the page. */
  start(state) {
    const outcome = byID("order-outcome");
    for (const one of Orders.list) {
      const button = make("button", { type: "button", "data-order": one.id });
      button.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${one.icon}"/></svg>`;
      button.append(make("b", {}, one.name), make("small", {}, one.note));
      button.addEventListener("click", () => Orders.give(one, state.now ?? {}, button, outcome));
      byID("order-buttons").append(button);
    }
  },

  async give(one, state, button, outcome) {
    if (button.getAttribute("aria-disabled") === "true") return;
    const say = (text, isBad) => { write(outcome, text); outcome.className = isBad ? "bad" : ""; };
    const refusal = one.refuses?.(state);
    if (refusal) return say(refusal, true);
    button.setAttribute("aria-disabled", "true");
    say(`${one.name}: ordered …`);
    try {
      const response = await fetch("/cloud/orders", {
        method: "POST", headers: { "content-type": "application/json" },
        body: JSON.stringify(one.order(state)), signal: AbortSignal.timeout(10_000),
      });
      const answer = await response.json().catch(() => ({}));
      const at = Format.clock(Date.parse(state.time));
      if (response.ok) say(`${at} ${answer.message ?? one.done}`);
      else say(`${one.name}: ${answer.message ?? `the cloud answered ${response.status}`}.`, true);
    } catch (error) {
      say(`${one.name}: the cloud does not answer (${error.message}). Is \`mark up\` still running?`, true);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  },
};

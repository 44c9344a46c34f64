"use strict";

/** Instances and environments as boxes; each state has its own shape and its own word. */
const Fleet = {
  shapes: {
    pending: '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="3 3"/>',
    booting: '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>',
    serving: '<circle cx="8" cy="8" r="7" fill="currentColor"/>',
    draining: '<path d="M1 3h14L8 14z" fill="currentColor"/>',
    interrupted: '<path d="M8 0l8 8-8 8-8-8z" fill="var(--bad)"/><path d="M8 4v5m0 1.5v1.5" stroke="var(--bg)" stroke-width="2"/>',
    "shutting-down": '<path d="M3 3l10 10M13 3L3 13" stroke="currentColor" stroke-width="2.4"/>',
    terminated: '<path d="M3 3l10 10M13 3L3 13" stroke="currentColor" stroke-width="2.4"/>',
  },
  order: ["serving", "draining", "booting", "pending", "shutting-down", "terminated"],
  boxes: new Map(),
  rows: new Map(),

  show(state) {
    Fleet.showInstances(state);
    for (const one of state.functions ?? []) Fleet.showFunction(one, state.environments ?? []);
  },

  showInstances(state) {
    const list = byID("instances");
    const rank = (one) => Fleet.order.indexOf(one.state);
    const all = [...(state.instances ?? [])];
    // Of the ended ones only the newest: a long run has hundreds.
    const ended = all.filter((one) => one.state === "terminated");
    const shown = [...all.filter((one) => one.state !== "terminated").sort((a, b) => rank(a) - rank(b)), ...ended.slice(-6)];
    const boxes = shown.map((one) => Fleet.box(one, state));
    for (const id of Fleet.boxes.keys()) if (!shown.some((one) => one.id === id)) Fleet.boxes.delete(id);
    if (!boxes.length) boxes.push(Fleet.empty ??= make("li", { class: "empty" }, "No machine is rented. Lambda answers everything, and nothing is paid for while it is quiet."));
    if (boxes.length !== list.children.length || boxes.some((box, i) => box !== list.children[i])) list.replaceChildren(...boxes);
    const live = all.length - ended.length;
    const serving = all.filter((one) => one.state === "serving");
    const capacity = serving.reduce((sum, one) => sum + (one.capacity_rps ?? 0), 0);
    const price = all.reduce((sum, one) => sum + (one.state === "terminated" ? 0 : one.usd_per_hour ?? 0), 0);
    write(byID("fleet-summary"), live ? `${serving.length} of ${live} serving · up to ${Format.number(capacity)} /s · ${Format.dollars(price)} an hour` : "");
  },

  box(one, state) {
    let box = Fleet.boxes.get(one.id);
    if (!box) {
      const parts = ["shape", "type", "zone", "state", "work", "price"].map((name) => [name, make("span")]);
      box = make("li");
      box.parts = Object.fromEntries(parts);
      const { shape, type, zone, state: word, work, price } = box.parts;
      box.rail = make("i");
      box.append(make("b", {}, shape, type), make("p", {}, word, zone), make("div", { class: "rail", "aria-hidden": "true" }, box.rail), make("p", {}, work, price));
      Fleet.boxes.set(one.id, box);
    }
    const kind = Kinds[one.kind] ?? Kinds.on_demand;
    const isLive = !["terminated", "shutting-down"].includes(one.state);
    const isInterrupted = Boolean(one.interruption) && isLive;
    const shape = isInterrupted ? "interrupted" : one.state;
    if (box.dataset.shape !== shape) {
      box.dataset.shape = shape;
      box.dataset.state = one.state;
      box.parts.shape.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true">${Fleet.shapes[shape] ?? Fleet.shapes.pending}</svg>`;
    }
    box.style.setProperty("--c", `var(--${kind.colour})`);
    box.title = one.id;
    write(box.parts.type, `${one.type} ${kind.name}`);
    write(box.parts.zone, isInterrupted ? "" : (one.zone ?? "").slice(-2));
    box.parts.zone.title = one.zone ?? "";
    const left = (Date.parse(one.interruption) - Date.parse(state.time)) / 1000;
    write(box.parts.state, isInterrupted ? `${one.state} · reclaimed in ${Format.countdown(left)}` : one.state);
    box.parts.state.className = isInterrupted ? "bad" : "";
    const share = Fleet.share(one, state);
    box.rail.style.width = `${100 * share}%`;
    write(box.parts.work, one.state === "serving" || one.state === "draining" ? `${one.in_flight ?? 0} in flight` : "");
    write(box.parts.price, isLive ? `${Format.dollars(one.usd_per_hour)}/h` : "");
    return box;
  },

  /** How much of its capacity is asked for: requests in flight of those that fit into the objective, by Little's law. */
  share(one, state) {
    const most = (one.capacity_rps ?? 0) * (state.slo?.latency_ms ?? 100) / 1000;
    return most > 0 ? Math.min(1, (one.in_flight ?? 0) / most) : 0;
  },

  cellsMax: 120,

  showFunction(one, environments) {
    let row = Fleet.rows.get(one.name);
    if (!row) {
      row = { name: make("span", {}, one.name), cells: make("div", { class: "cells", "aria-hidden": "true" }), counts: make("span", { class: "muted" }) };
      byID("functions").append(make("div", { class: "function" }, row.name, row.cells, row.counts));
      Fleet.rows.set(one.name, row);
    }
    const own = environments.filter((environment) => environment.function === one.name);
    const shown = own.slice(0, Fleet.cellsMax);
    while (row.cells.childElementCount > shown.length) row.cells.lastChild.remove();
    while (row.cells.childElementCount < shown.length) row.cells.append(make("i", { class: "cell" }));
    shown.forEach((environment, i) => {
      const cell = row.cells.children[i];
      if (cell.dataset.state !== environment.state) cell.dataset.state = environment.state;
    });
    const count = (name) => own.filter((environment) => environment.state === name).length;
    const words = ["busy", "idle", "starting"].filter((name) => count(name)).map((name) => `${count(name)} ${name}`);
    write(row.counts, `${words.join(", ") || "none, nothing to pay"} · ${Format.count(one.memory)} MB`);
  },
};

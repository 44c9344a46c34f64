"use strict";

/** The page: takes the cloud's events, keeps what they said, and shows it. */
const Page = {
  /** The last state; null before the first. */
  now: null,
  history: new Points(),
  /** When the controller's last status came, in cloud time. */
  decidedAt: NaN,
  stories: [],
  decisions: 0,
  logMax: 200,

  start() {
    Page.charts = makeCharts(Page.history, Page);
    Page.route = new RoutePicture(byID("route-picture"));
    Orders.start(Page);
    Try.start(Page);
    Page.startTheme();
    for (const button of document.querySelectorAll("[data-span]")) {
      button.addEventListener("click", () => {
        Chart.span = Number(button.dataset.span);
        document.querySelectorAll("[data-span]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
        Chart.askAll();
      });
    }
    Page.clearLogs();
    setInterval(() => { Page.charts.forEach((chart) => chart.describe()); Page.checkNews(); }, 3000);
    Page.connect();
  },

  // MARK: Events

  connect() {
    const events = new EventSource("/cloud/events");
    const on = (name, take) => events.addEventListener(name, (event) => { Page.heard(); take(JSON.parse(event.data)); });
    on("history", (data) => Page.takeHistory(data));
    on("point", (data) => { Page.history.add(data); Page.showPoint(); });
    on("state", (data) => Page.takeState(data));
    on("decision", (data) => Page.log(data));
    on("story", (data) => Page.tell(data));
    events.onopen = () => { Page.heard(); Page.fetchState(); };
    events.onerror = () => {
      Page.say("gone", "The cloud does not answer; trying again");
      // The browser tries again by itself unless the answer was an error.
      if (events.readyState !== EventSource.CLOSED) return;
      events.close();
      setTimeout(Page.connect, 2000);
    };
  },

  async fetchState() {
    try {
      Page.takeState(await (await fetch("/cloud/state", { signal: AbortSignal.timeout(5000) })).json());
    } catch { /* The event says it too. */ }
  },

  heard() {
    Page.heardAt = performance.now();
    Page.say("live", "Live");
  },

  checkNews() {
    const silence = (performance.now() - Page.heardAt) / 1000;
    if (silence > 10) Page.say("gone", "No news from the cloud for more than 10 s");
  },

  say(state, text) {
    byID("connection").dataset.state = state;
    write(byID("connection").lastElementChild, text);
  },

  /** Everything anew: of a first connection, or of one to a cloud that was started again. */
  takeHistory({ points = [], decisions = [], stories = [] }) {
    Page.history.clear();
    points.forEach((point) => Page.history.add(point));
    Page.clearLogs();
    decisions.forEach((decision) => Page.log(decision));
    stories.forEach((story) => Page.tell(story, false));
    Page.showPoint();
  },

  takeState(state) {
    // The controller's own clock is the machine's, which minutes here do not follow.
    if (state.controller?.time !== Page.now?.controller?.time) Page.decidedAt = Date.parse(state.time);
    Page.now = state;
    Fleet.show(state);
    Page.showPoint();
    write(byID("stack"), state.stack ?? "");
    write(byID("clock").firstElementChild, Format.clock(Date.parse(state.time)));
    write(byID("clock").lastElementChild, state.speed === 1 ? "cloud time" : `cloud time, ${Format.number(state.speed)}× as fast`);
    Try.list();
    byID("progress").hidden = !state.demo;
    if (state.demo) {
      write(byID("phase"), [state.demo.trace, state.demo.phase].filter(Boolean).join(": "));
      byID("progress").lastElementChild.value = Math.min(1, (state.demo.elapsed_s || 0) / (state.demo.length_s || 1));
    }
  },

  // MARK: What matters

  showPoint() {
    const { history, now } = Page;
    const point = history.last;
    Chart.askAll();
    Page.route.show(now, point);
    Page.showObjective(now?.slo);
    if (!point) return;
    Page.tile("load", Format.number(point.load_rps), "/s",
      Number.isFinite(point.forecast_rps ?? NaN) ? `forecast ${Format.number(point.forecast_rps)} /s` : "no forecast yet");
    Page.tile("latency", ...Format.milliseconds(point.p99_ms ?? NaN).split(" "), `p50 ${Format.milliseconds(point.p50_ms ?? NaN)}`);
    const figure = byID("latency").querySelector("[data-value]");
    figure.classList.toggle("bad", now?.slo && point.p99_ms > now.slo.latency_ms);
    Page.tile("spending", Format.dollars(point.usd_per_hour), "", `${Format.dollars(point.usd_total)} so far`);
    Page.showCost(point, now?.bill);
  },

  tile(id, value, unit, note) {
    const figure = byID(id).querySelector("[data-value]");
    const text = unit ? `${value} ${unit}` : value;
    if (figure.textContent !== text) figure.replaceChildren(value, ...(unit ? [" ", make("small", {}, unit)] : []));
    write(byID(id).querySelector("[data-note]"), note);
  },

  showObjective(slo) {
    if (!slo) return;
    const isKnown = slo.requests > 0;
    const isHeld = slo.in_time >= slo.target;
    const objective = Format.number(100 * slo.target);
    Page.tile("slo", isKnown ? Format.share(slo.in_time) : "–", "%",
      `within ${Format.milliseconds(slo.latency_ms)} · ${Format.plural(slo.requests, "request")}`);
    const verdict = byID("slo").querySelector("[data-verdict]");
    verdict.className = `verdict ${isHeld || !isKnown ? "good" : "bad"}`;
    write(verdict, isKnown ? `${isHeld ? "✓" : "✗"} objective ${objective} % ${isHeld ? "kept" : "missed"}` : `objective ${objective} %`);
    Page.tile("failed", Format.count(slo.failed), "", `of ${Format.count(slo.requests)}`);
    byID("failed").querySelector("[data-value]").classList.toggle("bad", slo.failed > 0);
  },

  alternatives: { lambda_usd: "Lambda only", static_ec2_usd: "static EC2", sagemaker_usd: "SageMaker" },

  showCost(point, bill) {
    const own = point.usd_total;
    const rows = [["MArk", own, "ours"], ...Object.entries(Page.alternatives).map(([key, name]) => [name, point.alternatives?.[key], ""])]
      .filter(([, value]) => Number.isFinite(value));
    const most = Math.max(1e-12, ...rows.map(([, value]) => value));
    const list = byID("cost-bars");
    while (list.childElementCount > rows.length) list.lastChild.remove();
    while (list.childElementCount < rows.length) {
      list.append(make("li", {}, make("span"), make("div", { class: "rail", "aria-hidden": "true" }, make("i")), make("span", {}, make("span"), " ", make("b"))));
    }
    rows.forEach(([name, value, style], i) => {
      const [label, rail, amount] = list.children[i].children;
      list.children[i].className = style;
      write(label, name);
      rail.firstChild.style.width = `${100 * value / most}%`;
      write(amount.firstChild, Format.dollars(value));
      write(amount.lastChild, style ? "" : own > 0 ? `${Format.number(value / own >= 10 ? Math.round(value / own) : Math.round(10 * value / own) / 10)}×` : "");
    });
    const parts = [["EC2", bill?.ec2?.usd], ["Lambda", bill?.lambda?.usd], ["API", bill?.api_gateway?.usd]].filter(([, usd]) => Number.isFinite(usd));
    write(byID("cost-split"), parts.map(([name, usd]) => `${name} ${Format.dollars(usd)}`).join(" · "));
  },

  // MARK: Words

  clearLogs() {
    [Page.stories, Page.decisions, Chart.flags] = [[], 0, []];
    byID("decision-log").replaceChildren(make("li", { class: "empty" }, "Nothing yet. The controller decides once a minute of the cloud's."));
    byID("story-log").replaceChildren(make("li", { class: "empty" }, "Nothing yet."));
    write(byID("decision-count"), "");
  },

  /** The newest first. A reader who has scrolled down stays where he is. */
  put(list, entry) {
    list.querySelector(".empty")?.remove();
    list.prepend(entry);
    if (list.scrollTop > 0) list.scrollTop += entry.offsetHeight;
    while (list.childElementCount > Page.logMax) list.lastChild.remove();
  },

  log(decision) {
    Page.decisions += 1;
    const more = decision.runner_up_costs_more_dollars;
    const rather = decision.runner_up
      ? ` Otherwise ${decision.runner_up}${Number.isFinite(more) && more > 0 ? `, ${Format.dollars(more)} more` : ""}.` : "";
    Page.put(byID("decision-log"), make("li", {}, Page.time(decision.at),
      make("div", {}, make("b", {}, decision.action ?? ""), make("p", {}, `${decision.reason ?? ""}.${rather}`.replace(/\.\.+/g, ".")))));
    write(byID("decision-count"), Format.plural(Page.decisions, "decision"));
  },

  tell(story, isNew = true) {
    const number = Page.stories.push(story);
    Chart.flags.push({ at: Page.moment(story.at), number: String(number) });
    Page.put(byID("story-log"), make("li", {}, Page.time(story.at), make("div", {}, make("span", { class: "number", "aria-hidden": "true" }, String(number)), story.text)));
    if (isNew) write(byID("news"), story.text);
    Chart.askAll();
  },

  moment(at) { return typeof at === "number" ? at : Date.parse(at); },

  time(at) {
    const moment = Page.moment(at);
    return make("time", { datetime: Number.isFinite(moment) ? new Date(moment).toISOString() : null }, Format.clock(moment));
  },

  // MARK: Theme

  startTheme() {
    const themes = ["system", "light", "dark"];
    const memory = { get: () => { try { return localStorage.getItem("theme"); } catch { return null; } }, set: (value) => { try { localStorage.setItem("theme", value); } catch { /* private window */ } } };
    const set = (theme) => {
      document.documentElement.dataset.theme = theme;
      write(byID("theme"), `Theme: ${theme}`);
      Page.repaint();
    };
    byID("theme").addEventListener("click", () => {
      const theme = themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length];
      memory.set(theme);
      set(theme);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", Page.repaint);
    set(themes.includes(memory.get()) ? memory.get() : "system");
  },

  repaint() {
    Palette.forget();
    Chart.askAll();
    Digits.paper.draw();
  },
};

Page.start();

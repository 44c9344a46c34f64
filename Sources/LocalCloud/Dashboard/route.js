"use strict";

/** Where requests go: a small picture of the system whose used ways move. */
class RoutePicture {
  static nodes = {
    client: { x: 4, y: 122, width: 64, text: ["clients"] },
    gateway: { x: 100, y: 122, width: 84, text: ["API", "Gateway"] },
    lambda: { x: 306, y: 22, width: 110, text: ["Lambda", ""], colour: "lambda" },
    router: { x: 184, y: 226, width: 78, text: ["router", "function"], colour: "spot" },
    instances: { x: 322, y: 226, width: 94, text: ["EC2", ""], colour: "spot" },
  };
  static ways = {
    enter: { path: "M68 148H100", colour: "fg" },
    direct: { path: "M184 140C240 140 230 48 306 48", colour: "lambda", at: [236, 84] },
    routed: { path: "M142 174C142 214 146 252 184 252", colour: "spot" },
    served: { path: "M262 252H322", colour: "spot", at: [292, 240] },
    spill: { path: "M223 226C223 150 361 170 361 74", colour: "lambda", at: [310, 158] },
  };

  constructor(parent) {
    const svg = (name, attributes, ...children) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      element.append(...children);
      return element;
    };
    this.ways = {};
    this.nodes = {};
    this.root = svg("svg", { viewBox: "0 0 420 296", role: "img", "aria-label": "Route" });
    for (const [name, way] of Object.entries(RoutePicture.ways)) {
      const path = svg("path", { d: way.path, style: `--c:var(--${way.colour})` });
      this.ways[name] = { path };
      this.root.append(path);
    }
    for (const [name, node] of Object.entries(RoutePicture.nodes)) {
      const group = svg("g", { style: `--c:var(--${node.colour ?? "fg"})` });
      const texts = node.text.map((text, i) => svg("text", {
        x: node.x + node.width / 2, y: node.y + (node.text.length === 1 ? 30 : 23 + 17 * i), class: i ? "small" : "",
      }, text));
      group.append(svg("rect", { x: node.x, y: node.y, width: node.width, height: 52, rx: 10 }), ...texts);
      this.nodes[name] = { group, note: texts[1] };
      this.root.append(group);
    }
    for (const [name, way] of Object.entries(RoutePicture.ways).filter(([, way]) => way.at)) {
      this.ways[name].rate = svg("text", { x: way.at[0], y: way.at[1], class: "rate" });
      this.root.append(this.ways[name].rate);
    }
    parent.append(this.root);
  }

  /** The rates at which each way is taken now, in requests a second; null where nothing is known. */
  static rates(state, point) {
    const isRouted = (state?.route ?? "").includes("router");
    const load = point?.load_rps ?? 0;
    const [instances, lambda] = [point?.served_by_instances ?? 0, point?.served_by_lambda ?? 0];
    const byInstances = instances + lambda > 0 ? load * instances / (instances + lambda) : 0;
    const rest = load > 0 ? load - byInstances : 0;
    return {
      isRouted, enter: load,
      direct: isRouted ? 0 : rest,
      // Just after a flip back some are still on their way.
      routed: isRouted ? load : byInstances,
      served: byInstances,
      spill: isRouted ? rest : 0,
    };
  }

  show(state, point) {
    const rates = RoutePicture.rates(state, point);
    for (const [name, way] of Object.entries(this.ways)) {
      const rate = rates[name];
      way.path.classList.toggle("on", rate > 0.005);
      way.path.style.setProperty("--w", 2 + 3 * Math.min(1, rate / Math.max(1, rates.enter)));
      if (way.rate) write(way.rate, rate > 0.005 ? `${Format.number(rate)} /s` : "");
    }
    const serving = (state?.instances ?? []).filter((one) => one.state === "serving").length;
    const environments = (state?.environments ?? []).filter((one) => one.function === inferenceName(state)).length;
    write(this.nodes.lambda.note, Format.plural(environments, "environment"));
    write(this.nodes.instances.note, `${Format.count(serving)} serving`);
    for (const [name, isOn] of [["lambda", rates.direct + rates.spill > 0], ["router", rates.isRouted], ["instances", rates.served > 0]]) {
      this.nodes[name].group.classList.toggle("on", isOn);
    }
    const words = rates.isRouted ? "through the router" : "straight to Lambda";
    write(byID("route-name"), state ? words : "");
    const label = `Requests go ${words}: ${Format.number(rates.served)} a second to instances, ${Format.number(rates.direct + rates.spill)} to Lambda.`;
    if (this.root.getAttribute("aria-label") !== label) this.root.setAttribute("aria-label", label);
  }
}

/** The function that runs the model: neither the router nor the controller. */
function inferenceName(state) {
  const names = (state?.functions ?? []).map((one) => one.name);
  return names.find((name) => /inference/.test(name)) ?? names.find((name) => !/router|controller/.test(name));
}

function controllerName(state) {
  return (state?.functions ?? []).map((one) => one.name).find((name) => /controller/.test(name));
}

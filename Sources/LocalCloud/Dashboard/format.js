"use strict";

/** Numbers, money and time as the reports write them. A value that is not known is a dash. */
const Format = {
  /** As many digits as say something: 1,240; 84.2; 3.07; 0.052. */
  number(value) {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 || size === 0 ? (Number.isInteger(value) ? 0 : 2) : 3;
    return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: digits });
  },

  count(value) { return Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : "–"; },

  /** Three digits that count: $12.30, $0.0413, $0.00000210. */
  dollars(value) {
    if (!Number.isFinite(value)) return "–";
    if (value === 0) return "$0";
    const digits = Math.min(9, Math.max(2, 2 - Math.floor(Math.log10(Math.abs(value)))));
    return (value < 0 ? "-$" : "$") + Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  },

  /** A share in percent; never rounded up to 100 when something is missing. */
  share(value) {
    if (!Number.isFinite(value)) return "–";
    if (value >= 1) return "100";
    const digits = value >= 0.99 ? 2 : 1;
    return (Math.floor(value * 10 ** (digits + 2) + 1e-9) / 10 ** digits).toFixed(digits);
  },

  milliseconds(value) {
    if (!Number.isFinite(value)) return "–";
    return value >= 10_000 ? `${Format.number(value / 1000)} s` : `${Format.number(value)} ms`;
  },

  /** Time of day in UTC, of milliseconds since 1970. */
  clock(at, withSeconds = true) {
    return Number.isFinite(at) ? new Date(at).toISOString().slice(11, withSeconds ? 19 : 16) : "–";
  },

  /** 1:24 of seconds. */
  countdown(seconds) {
    const left = Math.max(0, Math.round(seconds));
    return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  },

  plural(count, word) { return `${Format.count(count)} ${word}${count === 1 ? "" : "s"}`; },
};

/** An element with attributes and children; text stays text, whatever it holds. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("--")) element.style.setProperty(key, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const byID = (id) => document.getElementById(id);

/** Changes text only where it is another, so that a selection and a screen reader are left in peace. */
function write(element, text) { if (element.textContent !== text) element.textContent = text; }

/** How the kinds of capacity are called and coloured, in the order in which they are stacked. */
const Kinds = {
  spot: { name: "spot", colour: "spot" },
  burstable: { name: "burstable", colour: "burstable" },
  on_demand: { name: "on demand", colour: "on_demand" },
  lambda: { name: "Lambda", colour: "lambda" },
};

/** Colours as the browser resolves them, for canvases; asked again when the theme changes. */
const Palette = {
  known: new Map(),
  get(name) {
    let colour = Palette.known.get(name);
    if (!colour) {
      const probe = make("i", { style: `color:var(--${name})`, hidden: true });
      document.body.append(probe);
      colour = getComputedStyle(probe).color;
      probe.remove();
      Palette.known.set(name, colour);
    }
    return colour;
  },
  forget() { Palette.known.clear(); },
};

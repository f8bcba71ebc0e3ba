// The text as columns: what each character cost, all units over it, one unit as a curve, and the
// influence of each character. One strip, which scrolls sideways where the text is longer.

import LIMITS from "../recurrent.json" with { type: "json" };
import { choice, html, number, put, setText, svg } from "../shared/kit.js";
import { shade } from "../shared/plot.js";
import { factor, glyph, plain, quoted, small } from "./words.js";

const COLUMN = 13; // pixels, at a root of 16
const UNIT = 4.5; // of a row of the map
const HEIGHTS = { bits: 42, curve: 70, influence: 56, letters: 18 };
const MARKED = 0.4; // of the full colour, from which on a minus is written

/** A row of the strip: a drawing as wide as the text; behind it, the column that is chosen. */
function row(height, name) {
  const here = svg("rect", { class: "nnlib-here", y: 0, width: COLUMN, height });
  const element = svg("svg", { class: `nnlib-row-${name}`, "aria-hidden": "true" }, here);
  const draw = (n, at) => {
    put(element, { viewBox: `0 0 ${Math.max(1, n) * COLUMN} ${height}` });
    put(here, { x: Math.max(0, at) * COLUMN, visibility: at < 0 ? "hidden" : "visible" });
  };
  return { element, draw, height };
}

/** The characters, each in the middle of its column. */
function letters() {
  const self = row(HEIGHTS.letters, "letters");
  const line = svg("text", { y: 14 });
  self.element.append(line);
  const draw = (characters, at) => {
    self.draw(characters.length, at);
    put(line, { x: characters.map((_, k) => (k + 0.5) * COLUMN).join(" ") });
    setText(line, characters.map(glyph).join(""));
  };
  return { element: self.element, draw };
}

/** Bars as one path. */
const bars = (shares, height) => Array.from(shares, (share, k) => {
  const size = Math.max(0, Math.min(1, share)) * height;
  return `M${k * COLUMN + 1.5} ${height}v${(-size).toFixed(2)}h${COLUMN - 3}V${height}z`;
}).join("") || "M0 0";

/** Which column an event is in. */
const columnOf = (event, element, n) => {
  const { left, width } = element.getBoundingClientRect();
  return Math.min(n - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * n)));
};

const free = (event) => !(event.ctrlKey || event.metaKey || event.altKey);

/** How a unit came by its state, with the numbers in it. */
function spelt(now, before, k) {
  if (!now.c) return `h = tanh(x W + h₋₁ V + b) = ${plain(now.h[k])}`;
  const [i, f, u, o, c, h] = ["i", "f", "u", "o", "c", "h"].map((part) => now[part][k]);
  const old = before ? before.c[k] : 0;
  const kept = `${plain(f)} · ${factor(old)} + ${plain(i)} · ${factor(u)}`;
  return `c = f c₋₁ + i u = ${kept} = ${plain(c)}; `
    + `h = o tanh(c) = ${plain(o)} · ${factor(Math.tanh(c))} = ${plain(h)}`;
}

/** `choose({ place, unit })` and `weigh(source)` hear what the reader points at; keys start from
 * `where()`, since two of them may come within a frame. */
export function strip({ units, names, full, where, choose, weigh, scales, rescale }) {
  const tall = units * UNIT;
  const cost = row(HEIGHTS.bits, "bits");
  const [costs, next] = ["cost", "next"].map((name) => svg("path", { class: `nnlib-${name}` }));
  const even = svg("path", { class: "nnlib-guide" });
  cost.element.append(costs, next, even);
  const [above, below] = [letters(), letters()];

  const canvas = html("canvas", { width: 1, height: 1, "aria-hidden": "true" });
  const over = svg("svg", { "aria-hidden": "true" });
  const minus = svg("path", { class: "nnlib-minus" });
  const frames = ["nnlib-halo", "nnlib-ring"].map((name) => svg("path", { class: name }));
  over.append(minus, ...frames);
  const map = html("div", {
    class: "nnlib-units", tabindex: 0, role: "application",
    "aria-label": "All units over the text: arrow keys choose a character and a unit",
  }, canvas, over);
  map.style.height = `${tall / 16}rem`;

  const curve = row(HEIGHTS.curve, "curve");
  const [zero, line] = ["guide", "line"].map((name) => svg("path", { class: `nnlib-${name}` }));
  const dot = svg("circle", { class: "nnlib-dot" });
  curve.element.append(zero, line, dot);

  const effect = row(HEIGHTS.influence, "effects");
  const [effects, one] = ["cost", "next"].map((name) => svg("path", { class: `nnlib-${name}` }));
  effect.element.append(effects, one);
  const scale = choice({
    label: "Scale of influence", options: scales, value: "linear", change: rescale,
  });
  const reach = html("div", {
    class: "nnlib-reach", tabindex: 0, role: "slider", "aria-label": "Influence: how far back",
    "aria-valuemin": 0,
  }, effect.element, below.element);

  const caption = () => html("p", { class: "nnlib-caption" });
  const captions = { cost: caption(), units: caption(), unit: caption(), reach: caption() };
  const sum = html("p", { class: "nnlib-caption nnlib-sum" });
  for (const [name, one] of Object.entries(captions)) one.classList.add(`nnlib-of-${name}`);
  const inner = html(
    "div", { class: "nnlib-strip" },
    captions.cost, cost.element, above.element, captions.units, map, captions.unit, curve.element,
    sum, captions.reach, reach);
  const scroller = html("div", { class: "nnlib-scroller" }, inner);
  const measure = html(
    "div", { class: "nnlib-measure" },
    html("p", { class: "nnlib-caption" }, "Influence: the length of the gradient of log₂ p with "
      + "respect to the character’s vector, by backpropagation through time. So many bits, at "
      + "most, a small step would change, per unit of its length. Logarithmic bars begin at a "
      + "millionth of the largest."),
    scale.element);
  const element = html("div", { class: "nnlib-columns" }, scroller, measure);
  let now = null;

  const pointed = (event) => {
    const { top, height } = map.getBoundingClientRect();
    const k = Math.floor(((event.clientY - top) / height) * units);
    if (now.n) {
      choose({ place: columnOf(event, map, now.n), unit: Math.min(units - 1, Math.max(0, k)) });
    }
  };
  map.addEventListener("click", pointed);
  map.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" && event.buttons === 1) pointed(event);
  });
  for (const part of [cost, above, curve]) {
    part.element.addEventListener("click", (event) =>
      now.n && choose({ place: columnOf(event, part.element, now.n) }));
  }
  map.addEventListener("keydown", (event) => {
    const { place: at, n, unit } = where();
    const step = {
      ArrowLeft: { place: at - 1 }, ArrowRight: { place: at + 1 }, Home: { place: 0 },
      End: { place: n - 1 }, ArrowUp: { unit: unit - 1 }, ArrowDown: { unit: unit + 1 },
    }[event.key];
    if (!step || !free(event) || !n) return;
    event.preventDefault();
    const { place = at, unit: k = unit } = step;
    if (place >= 0 && place < n && k >= 0 && k < units) choose(step);
  });
  reach.addEventListener("click", (event) => {
    const { n, place } = where();
    const source = n ? columnOf(event, reach, n) : -1;
    if (source >= 0 && source <= place) weigh(source);
  });
  reach.addEventListener("keydown", (event) => {
    const { source, place: at } = where(now.source);
    const to = {
      ArrowLeft: source - 1, ArrowUp: source - 1, ArrowRight: source + 1, ArrowDown: source + 1,
      Home: 0, End: at,
    }[event.key];
    if (to === undefined || !free(event)) return;
    event.preventDefault();
    if (to >= 0 && to <= at) weigh(to);
  });

  /** Keep the chosen column in sight. */
  let seen = "";
  function follow({ at, n }) {
    const key = `${at} ${n}`;
    if (key === seen) return;
    seen = key;
    const { clientWidth: width, scrollWidth: whole } = scroller;
    if (whole <= width) return;
    const [middle, edge] = [((at + 0.5) / n) * whole, Math.min(60, width / 4)];
    const { scrollLeft: left } = scroller;
    if (middle < left + edge) scroller.scrollLeft = middle - edge;
    else if (middle > left + width - edge) scroller.scrollLeft = middle - width + edge;
  }

  let shaded = { key: "", colours: null };
  function shadeUnits({ state, steps, n, colours }) {
    const key = `${state.part} ${state.text}`;
    if (key === shaded.key && colours === shaded.colours) return;
    shaded = { key, colours };
    const most = full[state.part];
    const value = (column, k) => steps[column][state.part][k] / most;
    put(canvas, { width: Math.max(1, n), height: units });
    if (n) shade(canvas, value, colours);
    put(over, { viewBox: `0 0 ${Math.max(1, n) * COLUMN} ${tall}` });
    let d = "";
    for (let k = 0; k < units; k++) {
      for (let column = 0; column < n; column++) {
        if (value(column, k) < -MARKED) d += `M${column * COLUMN + 4} ${(k + 0.5) * UNIT}h5`;
      }
    }
    put(minus, { d: d || "M0 0" });
  }

  function drawUnits(all) {
    shadeUnits(all);
    const { state, n, at } = all;
    const [x, y, width] = [Math.max(0, at) * COLUMN, state.unit * UNIT, n * COLUMN];
    const cross = `M${x} 0h${COLUMN}V${tall}h${-COLUMN}zM0 ${y}h${width}v${UNIT}H0z`;
    for (const frame of frames) put(frame, { d: n ? cross : "M0 0" });
  }

  function drawCurve({ state, steps, n, at }) {
    const values = steps.map((step) => step[state.part][state.unit]);
    const gate = "ifo".includes(state.part);
    const top = Math.max(full[state.part], ...values.map(Math.abs));
    const low = gate ? 0 : -top;
    const y = (value) => 4 + ((top - value) / (top - low)) * (HEIGHTS.curve - 8);
    curve.draw(n, at);
    put(zero, { d: `M0 ${y(0)}H${Math.max(1, n) * COLUMN}` });
    const points = values.map((value, k) =>
      `${(k + 0.5) * COLUMN} ${y(value).toFixed(2)}`);
    put(line, { d: n ? `M${points.join("L")}` : "M0 0" });
    put(dot, { cx: (Math.max(0, at) + 0.5) * COLUMN, cy: y(values[at] ?? 0), r: n ? 4 : 0 });
    const range = () => [Math.min(...values), Math.max(...values)].map(plain).join(" … ");
    setText(captions.unit, n
      ? `Unit ${state.unit + 1}: ${state.part} = ${plain(values[at])}; range ${range()}`
      : `Unit ${state.unit + 1}`);
    setText(sum, n ? spelt(steps[at], steps[at - 1], state.unit) : "");
  }

  function draw(given) {
    now = given;
    const { n, at, characters, bits, mean, alike, influence, source, target, state } = now;
    inner.style.setProperty("--n", Math.max(1, n));
    const high = Math.max(8, ...bits.slice(1));
    cost.draw(n, at);
    put(costs, { d: bars(bits.map((one) => one / high), HEIGHTS.bits) });
    const came = at >= 0 && at + 1 < n;
    put(next, {
      d: came ? bars([bits[at + 1] / high], HEIGHTS.bits) : "M0 0",
      transform: `translate(${(at + 1) * COLUMN} 0)`,
    });
    const level = HEIGHTS.bits * (1 - alike / high);
    put(even, { d: `M0 ${level}H${Math.max(1, n) * COLUMN}` });
    setText(captions.cost, n > 1
      ? `Bits paid for each: mean ${number(mean, 2, true)}; dashed: all alike, ${
        number(alike, 2, true)}` : "Bits paid for each");
    above.draw(characters, at);
    below.draw(characters, at);
    const most = full[state.part];
    const colours = "ifo".includes(state.part) ? "blue 1" : `blue ${most}, orange −${most}`;
    setText(captions.units, `${names[state.part]} of all units: ${colours}`);
    drawUnits(now);
    drawCurve(now);
    effect.draw(n, at);
    const largest = influence.reduce((most, value) => Math.max(most, value), 0) || 1;
    const share = (value) => (state.scale === "linear" ? value / largest
      : 1 - Math.log(value / largest) / Math.log(LIMITS.floor));
    const shares = influence.map(share);
    scale.show(state.scale);
    put(effects, { d: bars(shares, HEIGHTS.influence) });
    put(one, {
      d: n ? bars([shares[source]], HEIGHTS.influence) : "M0 0",
      transform: `translate(${source * COLUMN} 0)`,
    });
    const back = at - source;
    const where = back ? `${back} back` : "just read";
    const told = n ? `${quoted(characters[source])}, ${where}: ${small(influence[source])}`
      : "";
    setText(captions.reach, n ? `Influence on ${target}: of ${told}` : "Influence");
    put(reach, {
      "aria-valuemax": Math.max(1, at), "aria-valuenow": Math.max(0, back),
      "aria-valuetext": told || "no text",
    });
    follow(now);
    return n ? `${captions.unit.textContent}. ${captions.reach.textContent}.` : "";
  }
  return { element, draw };
}

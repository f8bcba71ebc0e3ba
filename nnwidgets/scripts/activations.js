// Activations: curve, tangent and slope at a point, two at once, and σ becoming tanh. Chapter 2.

import LIMITS from "./activations.json" with { type: "json" };
import CHOICES from "./shared/choices.json" with { type: "json" };
import { ACTIVATIONS } from "./shared/engine.js";
import {
  button, draggable, follow, frame, html, live, named, number, put, select, settings, slider, svg,
} from "./shared/kit.js";
import { chart } from "./shared/plot.js";

const [LOW, HIGH] = LIMITS.z;
const LARGEST_SLOPE = { sigmoid: 0.25, tanh: 1, relu: 1 };
const ZS = Array.from({ length: 241 }, (_, i) => LOW + (i / 240) * (HIGH - LOW));
const Z_AXIS = { name: "z", low: LOW, high: HIGH, ticks: 6 };
const VALUES = ["first", "second", "z", "stretch"];

/** How an activation is written in a formula. */
function symbol(name) {
  return CHOICES.activations[name].symbol;
}

/** f(z) and f′(z), with the engine's formulas. */
function at(name, z) {
  const { f, slope } = ACTIVATIONS[name];
  const value = f(z);
  return { name, value, slope: slope(value) };
}

/** σ on its way to tanh: (1 + c) σ((1 + c) z) − c. */
function stretched(c, z) {
  return (1 + c) * ACTIVATIONS.sigmoid.f((1 + c) * z) - c;
}

/** What the model says, and all that follows from it. */
function compute(model) {
  const [first, second, z, stretch] = VALUES.map((name) => model.get(name));
  const chosen = [first, ...(second === LIMITS.none || second === first ? [] : [second])];
  const distance = ZS.map((x) => Math.abs(stretched(stretch, x) - Math.tanh(x)));
  return {
    first, second, z, stretch,
    points: chosen.map((name) => at(name, z)),
    gap: Math.max(...distance),
  };
}

/** Up to where f(z) is drawn: with ReLU at least to 3, and always to a little above its point. */
function ceiling({ z, points }) {
  return points.some(({ name }) => name === "relu") ? Math.max(3, z + 0.4) : 1.2;
}

/** The curves, their tangents and the point to drag: `where()` is its z, `move(z)` moves it. */
function curves(where, move) {
  const graph = chart({ x: Z_AXIS, y: { low: -1.2, high: 1.2 }, height: 230, left: 40 });
  const bend = graph.curve("nnlib-stretched");
  const lines = ["nnlib-first", "nnlib-second"].map((look) => ({
    curve: graph.curve(`nnlib-curve ${look}`),
    tangent: graph.curve(`nnlib-tangent ${look}`),
  }));
  const guide = svg("path", { class: "nnlib-guide" });
  const names = lines.map((_, i) => svg("text", { class: `nnlib-direct nnlib-name-${i}` }));
  const other = svg("circle", { r: 6, class: "nnlib-dot" });
  const handle = svg(
    "g",
    { class: "nnlib-handle", tabindex: 0, role: "slider", "aria-label": "Point on the curve" },
    svg("circle", { r: 24, class: "nnlib-touch" }),
    svg("circle", { r: 9, class: "nnlib-grip" }));
  put(handle, { "aria-valuemin": LOW, "aria-valuemax": HIGH });
  graph.element.removeAttribute("aria-hidden");
  put(graph.element, { role: "group", "aria-label": "Curves" });
  graph.element.append(guide, ...names, other, handle);

  draggable(graph.element, handle, (x) => move(graph.x.invert(x)));
  handle.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    const ends = { Home: LOW, End: HIGH };
    if (event.key in steps) move(where() + steps[event.key] * (event.shiftKey ? 1 : 0.1));
    else if (event.key in ends) move(ends[event.key]);
    else return;
    event.preventDefault();
  });

  function draw(state) {
    const { z, points, stretch } = state;
    graph.range({ y: { name: "f(z)", low: -1.2, high: ceiling(state) } });
    lines.forEach(({ curve, tangent }, i) => {
      const point = points[i];
      const label = names[i];
      label.classList.toggle("nnlib-gone", !point);
      if (!point) {
        curve.draw([], []);
        tangent.draw([], []);
        return;
      }
      curve.draw(ZS, ZS.map((x) => ACTIVATIONS[point.name].f(x)));
      const ends = [z - 1.5, z + 1.5];
      tangent.draw(ends, ends.map((x) => point.value + point.slope * (x - z)));
      const x = point.name === "relu" ? 1.55 : 4.6;
      const y = ACTIVATIONS[point.name].f(x);
      const below = point.name === "sigmoid" ? 20 : point.name === "tanh" ? -7 : 4;
      put(label, { x: graph.x(x) + (point.name === "relu" ? 8 : 0), y: graph.y(y) + below });
      label.textContent = symbol(point.name);
    });
    bend.draw(stretch ? ZS : [], stretch ? ZS.map((x) => stretched(stretch, x)) : []);
    const [point, more] = points;
    const spot = ({ value }) => `translate(${graph.x(z)} ${graph.y(value)})`;
    put(guide, { d: `M${graph.x(z)} ${graph.area.y}v${graph.area.height}` });
    put(handle, {
      transform: spot(point), "aria-valuenow": z, "aria-valuetext": `z = ${number(z, 3)}`,
    });
    other.classList.toggle("nnlib-gone", !more);
    if (more) put(other, { transform: spot(more) });
  }
  return { element: graph.element, draw };
}

/** The slopes, on the same z axis. */
function slopes() {
  const y = { name: "f′(z)", low: 0, high: 1.05, ticks: 2 };
  const graph = chart({ x: Z_AXIS, y, height: 140, left: 40 });
  const lines = ["nnlib-first", "nnlib-second"].map((look) => graph.curve(`nnlib-curve ${look}`));
  const guide = svg("path", { class: "nnlib-guide" });
  const dots = lines.map(() => svg("circle", { r: 6, class: "nnlib-dot" }));
  graph.element.append(guide, ...dots);

  function draw({ z, points }) {
    lines.forEach((line, i) => {
      const point = points[i];
      dots[i].classList.toggle("nnlib-gone", !point);
      const xs = point ? ZS : [];
      // Half a step to either side of 0 keeps the jump of ReLU upright.
      const near = xs.flatMap((x) => (x === 0 ? [-1e-9, 1e-9] : [x]));
      line.draw(near, near.map((x) => at(point.name, x).slope));
      if (point) put(dots[i], { cx: graph.x(z), cy: graph.y(point.slope) });
    });
    put(guide, { d: `M${graph.x(z)} ${graph.area.y}v${graph.area.height}` });
  }
  return { element: graph.element, draw };
}

/** In words: value, slope and tangent of each, and how much of the largest slope that is. */
function report() {
  const rows = [0, 1].map(() => ({
    value: html("p", { class: "nnlib-answer" }),
    prime: html("p", { class: "nnlib-answer" }),
    tangent: html("p", { class: "nnlib-equation" }),
    words: html("p", { class: "nnlib-quiet" }),
  }));
  const parts = rows.map((row) => html("div", {}, ...Object.values(row)));
  const spoken = live();
  const element = html("div", { class: "nnlib-report" }, ...parts, spoken.element);

  // tanh(6) is no 1 and its slope no 0: five decimals are the fewest that say so.
  const exact = (x) => number(x, 5, true);
  const from = (z) => (z ? `(z ${z < 0 ? "+" : "−"} ${number(Math.abs(z), 3)})` : "z");
  const meaning = ({ name, slope }, z) => {
    if (name === "relu" && z === 0) return "kink: 0 left, 1 right; nnlib takes 0";
    if (name === "relu") return slope ? "the largest: 1 at all z > 0" : "no slope: 0 at all z < 0";
    const largest = LARGEST_SLOPE[name];
    const share = slope / largest;
    if (share < 0.01) return `saturated: under 1 % of ${largest} (at z = 0)`;
    return `${number(100 * share, 1)} % of the largest: ${largest} at z = 0`;
  };

  function draw({ z, points }) {
    rows.forEach(({ value, prime, tangent, words }, i) => {
      const point = points[i];
      parts[i].classList.toggle("nnlib-empty", !point);
      for (const line of [value, prime, tangent, words]) line.textContent = "";
      if (!point) return;
      const f = symbol(point.name);
      const [a, slope] = [exact(point.value), exact(point.slope)];
      value.textContent = `${f}(${number(z, 3)}) = ${a}`;
      prime.textContent = `${f}′(${number(z, 3)}) = ${slope}`;
      tangent.textContent = `tangent y = ${a} + ${slope}\u202f${from(z)}`;
      words.textContent = meaning(point, z);
    });
    const said = rows.flatMap(({ value, prime, words }) => [value, prime, words]);
    spoken.say(said.map((line) => line.textContent).filter(Boolean).join(", "));
  }
  return { element, draw, stop: spoken.stop };
}

export function render({ model, el }) {
  const { first: start, set } = settings(model, VALUES);
  const inside = (z) => Math.min(HIGH, Math.max(LOW, Math.round(z * 20) / 20));
  const written = (x) => Math.round(x * 1000) / 1000; // no finer than fields and texts show it

  const activations = named(CHOICES.activations);
  const list = (label, name, options, what) => {
    const control = select({
      label, options, value: model.get(name), change: (value) => set({ [name]: value }),
    });
    control.list.setAttribute("aria-label", what);
    return control;
  };
  const first = list("f", "first", activations, "First activation");
  const others = { [LIMITS.none]: "no other", ...activations };
  const second = list("and", "second", others, "Second activation");
  const reset = button("Reset", () => {
    set(start);
    redraw();
  });
  const z = slider({
    label: "z", range: LIMITS.z, step: 0.05, value: start.z,
    change: (value) => set({ z: written(value) }),
  });
  const stretch = slider({
    label: "c", name: "Stretch c: from σ to tanh", range: LIMITS.stretch, step: 0.05,
    value: start.stretch, change: (value) => set({ stretch: written(value) }),
  });
  const formula = html("p", { class: "nnlib-equation" });
  const gap = html("p", { class: "nnlib-answer" });
  const identity = html(
    "div", { class: "nnlib-identity" },
    html("p", { class: "nnlib-quiet" }, "Stretch σ into tanh: the dotted curve"),
    stretch.element, formula, gap);

  const graph = curves(() => model.get("z"), (value) => set({ z: inside(value) }));
  const below = slopes();
  const text = report();
  frame(
    el, "activations", "Activations, their tangents and slopes",
    html("div", { class: "nnlib-bar" }, first.element, second.element, reset),
    html("div", { class: "nnlib-graphs" }, graph.element, below.element),
    html("div", { class: "nnlib-sliders nnlib-one" }, z.element),
    text.element, identity);

  const draw = () => {
    const state = compute(model);
    first.show(state.first);
    second.show(state.second);
    z.show(state.z);
    stretch.show(state.stretch);
    const c = number(1 + state.stretch, 3);
    const shift = state.stretch ? ` − ${number(state.stretch, 3)}` : "";
    formula.textContent = `${c}\u202f·\u202fσ(${c}\u202f·\u202fz)${shift}`;
    gap.textContent = state.stretch === 1
      ? "Distance from tanh: 0 everywhere"
      : `Distance from tanh: up to ${number(state.gap, 3, true)}`;
    graph.draw(state);
    below.draw(state);
    text.draw(state);
  };
  const redraw = follow(model, VALUES, draw);
  return () => {
    redraw.stop();
    text.stop();
  };
}

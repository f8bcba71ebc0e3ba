// Five optimizers from one start: their paths on a map, the heights step by step, where each one
// stands, and the next step of one of them with its numbers. Chapter 8.

import LIMITS from "./optimizer_paths.json" with { type: "json" };
import {
  LANDSCAPES, RULES, race, rateOf, standing, verdict,
} from "./optimizer_paths/landscapes.js";
import { marker, own, relief } from "./optimizer_paths/relief.js";
import {
  button, choice, follow, frame, html, live, named, nextSeed, number, onThemeChange, player, put,
  select, setText, settings, slider, svg,
} from "./shared/kit.js";
import { chart, powerOfTen } from "./shared/plot.js";

const SETTINGS = [
  "surface", "start", "rates", "learning_rate", "momentum", "noise", "seed", "steps", "shown",
  "chosen",
];
const MOST = LIMITS.steps[1];
const A_SECOND = 20; // steps, while it plays
const DIGITS = [1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9];
const RATES = [0.001, 0.01, 0.1, 1].flatMap((ten) =>
  DIGITS.map((digit) => Number((digit * ten).toPrecision(2)))).concat(10);

/** The next step of each, as the chapter writes it: what is remembered, then line by line.
 *
 * Beside a line stands how it reads for x: a function of the values of all symbols, as texts.
 */
const EQUATIONS = {
  SGD: { uses: ["η"], memory: [], lines: [["θ ← θ − η g", (s) => `${s.θ} − ${s.η} · ${s.g}`]] },
  Momentum: {
    uses: ["η", "λ"], memory: ["v"],
    lines: [
      ["v ← λ v − (1 − λ) g", (s) => `${s.λ} · ${s.v} − ${s["1 − λ"]} · ${s.g}`],
      ["θ ← θ + η v", (s) => `${s.θ} + ${s.η} · ${s["v′"]}`],
    ],
  },
  Nesterov: {
    uses: ["η", "λ"], memory: ["u"],
    lines: [
      ["u ← λ u − η g", (s) => `${s.λ} · ${s.u} − ${s.η} · ${s.g}`],
      ["θ ← θ + λ u − η g", (s) => `${s.θ} + ${s.λ} · ${s["u′"]} − ${s.η} · ${s.g}`],
    ],
  },
  RMSProp: {
    uses: ["η", "β₂", "ε"], memory: ["s"],
    lines: [
      ["s ← β₂ s + (1 − β₂) g²", (s) => `0.9 · ${s.s} + 0.1 · ${s.g}²`],
      ["θ ← θ − η g / (√s + ε)", (s) => `${s.θ} − ${s.η} · ${s.g} / (√${s["s′"]} + ε)`],
    ],
  },
  Adam: {
    uses: ["η", "β₁", "β₂", "ε"], memory: ["m", "s"],
    lines: [
      ["m ← β₁ m + (1 − β₁) g", (s) => `0.9 · ${s.m} + 0.1 · ${s.g}`],
      ["s ← β₂ s + (1 − β₂) g²", (s) => `0.999 · ${s.s} + 0.001 · ${s.g}²`],
      ["m̂ = m / (1 − β₁ᵗ)"],
      ["ŝ = s / (1 − β₂ᵗ)"],
      ["θ ← θ − η m̂ / (√ŝ + ε)", (s) => `${s.θ} − ${s.η} · ${s["m̂"]} / (√${s["ŝ"]} + ε)`],
    ],
  },
};

/** A number with three significant digits, zeros at the end left out if `short`. */
function brief(x, short = false) {
  if (!Number.isFinite(x)) return "—";
  if (x === 0) return "0";
  const [digits, power] = x.toExponential(2).split("e").map(Number);
  if (power < -3 || power > 4) {
    return `${number(digits, 2, !short)}·${powerOfTen(10 ** power)}`;
  }
  return number(x, Math.max(0, 2 - power), !short);
}

/** A piece of an optimizer's line, for buttons and the table. */
function sample(rule) {
  return svg(
    "svg", { class: own(rule, "nnlib-sample"), viewBox: "0 0 40 12", "aria-hidden": "true" },
    svg("path", { class: "nnlib-path", d: "M0 6H40" }),
    svg("path", { class: "nnlib-steps", d: marker(rule, 20, 6, 4.5) }));
}

/** The heights, step by step, on a logarithmic axis. */
function descent() {
  const graph = chart({
    x: { name: "step", low: 0, high: 90, ticks: 5 },
    y: { name: "height f(θ)", low: 1e-6, high: 1e4, log: true, ticks: 5 }, left: 46, height: 255,
  });
  const goal = svg("path", { class: "nnlib-guide" });
  const word = svg("text", { class: "nnlib-tick" }, "arrived");
  graph.inside.append(goal, word);
  const lines = RULES.map((rule) => {
    const curve = graph.curve(own(rule, "nnlib-path"));
    const end = svg("path", { class: own(rule, "nnlib-end") });
    const name = svg("text", { class: "nnlib-label" }, rule);
    graph.element.append(end, name);
    return { rule, curve, end, name };
  });
  const GAP = 16;

  function draw(state, runs) {
    const land = LANDSCAPES[state.surface];
    const [low, high] = land.heights;
    const wide = [20, 40, 60, 90, 120, 150, 200, 250, 300, 360, 420];
    const last = wide.find((count) => count * 0.7 >= state.steps) ?? 450;
    graph.range({ x: { high: last }, y: { low, high } });
    const y = graph.y(land.goal);
    put(goal, { d: `M${graph.x(0)} ${y}H${graph.x(last)}` });
    put(word, { x: graph.x(0) + 4, y: y + 14 });
    const ends = [];
    for (const { rule, curve, end, name } of lines) {
      const seen = state.shown.includes(rule);
      for (const part of [curve.path, end, name]) part.classList.toggle("nnlib-gone", !seen);
      if (!seen) continue;
      const heights = runs[rule].slice(0, state.steps + 1).map(({ height }) => height);
      // What is below the axis runs along its foot; what is above leaves the chart.
      const floored = heights.map((height) => Math.min(high * 10, Math.max(low, height)));
      curve.draw(heights.map((_, t) => t), floored);
      const [ex, ey] = [graph.x(heights.length - 1), graph.y(Math.min(high, floored.at(-1)))];
      put(end, { d: marker(rule, ex, ey, 4.5) });
      ends.push({ name, x: ex + 9, y: ey });
    }
    // Names that would meet move apart, and none below the axis.
    ends.sort((a, b) => a.y - b.y);
    ends.forEach((one, i) => (one.y = i ? Math.max(one.y, ends[i - 1].y + GAP) : one.y));
    let limit = graph.y(low);
    for (const one of ends.reverse()) {
      one.y = Math.min(one.y, limit);
      limit = one.y - GAP;
      put(one.name, { x: one.x, y: one.y + 4 });
    }
  }
  return { element: graph.element, draw };
}

/** Where each one stands: a table. */
function standings() {
  const cell = (name, ...inside) => html("span", { role: "cell", class: name }, ...inside);
  const head = ["optimizer", "η", "θ = (x, y)", "height f(θ)", ""].map((word) =>
    html("span", { role: "columnheader" }, word || "after these steps"));
  const rows = RULES.map((rule) => {
    const [theta, word] = ["theta", "word"].map((name) => cell(`nnlib-${name}`));
    const [eta, height] = [["eta", "η = "], ["height", "f = "]].map(([name, symbol]) =>
      cell(
        `nnlib-${name}`, html("span", { class: "nnlib-prefix" }, symbol), html("span", {}, "0")));
    const name = cell("nnlib-who", sample(rule), rule);
    const row = html("div", { role: "row", class: "nnlib-runner" }, name, eta, theta, height, word);
    return { rule, row, eta, theta, height, word };
  });
  const element = html(
    "div", { class: "nnlib-standings", role: "table", "aria-label": "Where each one stands" },
    html("div", { role: "row", class: "nnlib-runner nnlib-head" }, ...head),
    ...rows.map(({ row }) => row));

  function draw(state, runs) {
    for (const { rule, row, eta, theta, height, word } of rows) {
      const seen = state.shown.includes(rule);
      const { theta: [x, y], height: f, arrived, lost } = standing(runs[rule], state.steps);
      const fixed = (v) => (Math.abs(v) < 1000 ? number(v, 3, true) : brief(v));
      setText(eta.lastChild, brief(rateOf(rule, state), true));
      setText(theta, seen ? `(${fixed(x)}, ${fixed(y)})` : "—");
      setText(height.lastChild, seen ? brief(f) : "—");
      setText(word, seen ? verdict(runs[rule], state.steps, state.surface) : "hidden");
      row.classList.toggle("nnlib-there", seen && arrived !== null && !lost);
      row.classList.toggle("nnlib-off", seen && lost);
    }
  }
  return { element, draw };
}

/** The next step of one optimizer: its equations, with their numbers for x and for y. */
function spelling(change) {
  const options = Object.fromEntries(RULES.map((rule) => [rule, rule]));
  const chooser = select({ label: "Next step of", options, value: "SGD", change });
  const settings = html("p", { class: "nnlib-settings" });
  const table = html("div", { class: "nnlib-spelling", role: "table" });
  const box = html("div", { class: "nnlib-next" }, chooser.element, settings, table);
  let built = ""; // the rows that stand there: later steps change their numbers only
  const heads = html("div", { role: "row" }, ...["symbol", "x", "y"].map((word) =>
    html("span", { role: "columnheader" }, word)));

  function draw(state, runs) {
    const rule = state.chosen;
    const { uses, memory, lines } = EQUATIONS[rule];
    chooser.show(rule);
    const now = standing(runs[rule], state.steps);
    const next = now.lost ? null : runs[rule][state.steps + 1];
    const t = state.steps + 1;
    const values = {
      η: rateOf(rule, state), λ: state.momentum, "β₁": 0.9, "β₂": rule === "Adam" ? 0.999 : 0.9,
    };
    const said = uses.map((symbol) => (symbol === "ε" ? "ε = 10⁻⁸"
      : `${symbol} = ${symbol === "η" ? brief(values.η, true) : number(values[symbol], 3)}`));
    setText(settings, next ? `Step ${t}: ${said.join(", ")}` : "It has stopped.");
    const rows = [["θ", now.theta], ["g", now.grad]];
    memory.forEach((symbol, i) => rows.push([`${symbol} so far`, now.memory[i]]));
    if (next) {
      const hats = memory.length === 2
        ? [0.9, 0.999].map((beta, i) => next.memory[i].map((value) => value / (1 - beta ** t)))
        : [];
      const results = [...next.memory, ...hats, next.theta];
      const inBrackets = (x) => (x < 0 ? `(${brief(x)})` : brief(x));
      const symbols = {
        θ: brief(now.theta[0]), g: inBrackets(now.grad[0]), η: brief(values.η, true),
        λ: number(state.momentum, 3), "1 − λ": number(1 - state.momentum, 3),
      };
      memory.forEach((symbol, i) => {
        symbols[symbol] = inBrackets(now.memory[i][0]);
        symbols[`${symbol}′`] = inBrackets(next.memory[i][0]);
        if (hats.length) symbols[`${symbol}̂`] = inBrackets(hats[i][0]);
      });
      lines.forEach(([line, inNumbers], i) =>
        rows.push([line, results[i], inNumbers ? `x: ${inNumbers(symbols)}` : ""]));
    }
    put(table, { "aria-label": `Step ${t} of ${rule}` });
    const row = ([label, both, inNumbers = null]) => html(
      "div", { role: "row", class: inNumbers === null ? "" : "nnlib-updated" },
      html(
        "span", { role: "rowheader", class: inNumbers ? "nnlib-in-numbers" : "" }, label,
        ...(inNumbers ? [html("small", {}, inNumbers)] : [])),
      ...both.map((v) => html("span", { role: "cell" }, brief(v))));
    const shape = `${rule} ${rows.length}`;
    if (shape !== built) table.replaceChildren(heads, ...rows.map(row));
    else {
      rows.forEach(([, both, inNumbers], i) => {
        const [label, ...cells] = table.children[i + 1].children;
        if (inNumbers) setText(label.lastChild, inNumbers);
        both.forEach((v, k) => setText(cells[k], brief(v)));
      });
    }
    built = shape;
  }
  return { element: box, draw };
}

/** Which optimizers are shown: a button each, with its line. */
function showing(change) {
  const buttons = RULES.map((rule) => [rule, button(sample(rule), () => change(rule))]);
  for (const [rule, one] of buttons) one.append(rule);
  const element = html(
    "div", { class: "nnlib-showing", role: "group", "aria-label": "Optimizers shown" },
    ...buttons.map(([, one]) => one));
  const draw = ({ shown }) => {
    for (const [rule, one] of buttons) one.setAttribute("aria-pressed", shown.includes(rule));
  };
  return { element, draw };
}

export function render({ model, el }) {
  const { first, values, set } = settings(model, SETTINGS);

  const surfaces = choice({
    label: "Surface", value: first.surface,
    options: named(LANDSCAPES),
    change: (surface) => {
      const { start, rate, tuned } = LANDSCAPES[surface];
      const rates = tuned ? model.get("rates") : "one";
      set({ surface, start, learning_rate: rate, rates });
    },
  });
  const rates = choice({
    label: "Learning rates", options: LIMITS.rates,
    value: first.rates, change: (next) => set({ rates: next }),
  });
  const tuned = rates.element.lastElementChild;

  // Steps follow the clock, so that they come as fast on a slow screen as on a quick one.
  let before = 0;
  const runner = player({
    advance: () => {
      const now = performance.now();
      const pause = now - before;
      const steps = model.get("steps");
      const due = pause > 1000 ? 1 : Math.floor((pause * A_SECOND) / 1000);
      if (due) before = pause > 1000 ? now : before + (due * 1000) / A_SECOND;
      if (steps >= MOST) set({ steps: 0 });
      else if (due) set({ steps: Math.min(MOST, steps + due) });
      return model.get("steps") < MOST;
    },
    step: () => set({ steps: Math.min(MOST, model.get("steps") + 1) }),
  });
  const reset = button("Reset", () => {
    runner.pause();
    set(first);
  });

  const clock = slider({
    label: "steps", name: "Steps taken", range: LIMITS.steps, step: 1, whole: true,
    value: first.steps,
    change: (steps) => {
      runner.pause();
      set({ steps });
    },
  });
  const eta = slider({
    label: "η", name: "Learning rate η for all", range: LIMITS.learning_rate, stops: RATES,
    decimals: 4, value: first.learning_rate,
    change: (rate) => set({ learning_rate: rate, rates: "one" }),
  });
  const momentum = slider({
    label: "λ", name: "Momentum λ", range: LIMITS.momentum, step: 0.01,
    value: first.momentum,
    change: (next) => set({ momentum: next }),
  });
  const noise = slider({
    label: "noise", name: "Gradient noise", range: LIMITS.noise, step: 0.05, value: first.noise,
    change: (next) => set({ noise: next }),
  });
  const reseed = () => set({ seed: nextSeed(model.get("seed"), LIMITS.seed) });
  const again = button("Other noise", reseed);

  const shown = showing((rule) => {
    const now = model.get("shown");
    set({ shown: RULES.filter((one) => now.includes(one) !== (one === rule)) });
  });
  const map = relief((start) => set({ start }), () => model.get("start"));
  const formula = html("p", { class: "nnlib-formula" });
  const scatter = html("p", { class: "nnlib-scatter" });
  const table = standings();
  const falls = descent();
  const next = spelling((chosen) => set({ chosen }));
  const spoken = live();
  const controls = html(
    "div", { class: "nnlib-controls" },
    html("div", { class: "nnlib-bar" }, runner.element),
    html(
      "div", { class: "nnlib-sliders" },
      clock.element, eta.element, momentum.element, noise.element),
    html("div", { class: "nnlib-dice" }, again, scatter));
  frame(
    el, "optimizer_paths", "Five optimizers",
    html("div", { class: "nnlib-bar" }, surfaces.element, rates.element, reset),
    html("div", { class: "nnlib-view" }, map.element, formula),
    controls, shown.element, table.element, falls.element, next.element, spoken.element);

  let [ran, runs] = ["", null];
  const draw = () => {
    const state = values();
    const { surface, start, rates: which, learning_rate: rate, momentum: mu } = state;
    const land = LANDSCAPES[surface];
    const key = JSON.stringify([surface, start, which, rate, mu, state.noise, state.seed]);
    if (key !== ran) runs = race(state);
    ran = key;
    surfaces.show(surface);
    rates.show(which);
    tuned.disabled = !land.tuned;
    clock.show(state.steps);
    eta.show(rate);
    momentum.show(mu);
    noise.show(state.noise);
    shown.draw(state);
    map.draw(state, runs);
    table.draw(state, runs);
    falls.draw(state, runs);
    next.draw(state, runs);
    const place = start.map((value) => number(value, 3)).join(", ");
    setText(formula, `${land.formula}; start (${place})`);
    setText(scatter, state.noise
      ? `Added to each part of g: N(0, σ²), σ = ${brief(state.noise * land.unit, true)}`
      : "No noise: the exact gradient");
    const words = state.shown.map((rule) => `${rule} ${verdict(runs[rule], state.steps, surface)}`);
    spoken.say(`After ${state.steps} steps: ${words.join("; ")}.`);
  };
  const redraw = follow(model, SETTINGS, draw);
  const stop = onThemeChange(map.repaint);
  return () => {
    stop();
    runner.pause();
    redraw.stop();
    spoken.stop();
  };
}

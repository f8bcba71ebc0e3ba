// The error signal in every layer of a deep network, before training: five random starts and their
// median, for any depth, activation and initialisation, with and without skip connections.
// Chapter 5.

import CHOICES from "./shared/choices.json" with { type: "json" };
import { INITIALIZERS, Network, Random, softmaxCrossEntropy } from "./shared/engine.js";
import {
  button, choice, follow, frame, html, live, named, nextSeed, put, select, settings, slider, svg,
} from "./shared/kit.js";
import { chart, powerOfTen } from "./shared/plot.js";
import LIMITS from "./vanishing.json" with { type: "json" };

const WIDTH = LIMITS.width; // inputs, and units in each hidden layer
const CLASSES = LIMITS.classes;
const BATCH = LIMITS.batch;
const STARTS = LIMITS.starts;
const KEPT = LIMITS.kept; // δ₁/δ_L below: vanishes; above: explodes
const REACHES = LIMITS.reaches; // the chart runs from 10^−reach to 10^reach
const NAMES = ["depth", "activation", "initializer", "structure", "seed"];

/** Four random samples of four classes: the same for every network. */
export function samples() {
  const random = new Random(2026);
  const x = Float64Array.from({ length: BATCH * WIDTH }, () => random.normal());
  const target = new Float64Array(BATCH * CLASSES);
  for (let i = 0; i < BATCH; i++) target[i * CLASSES + i] = 1;
  return { x, target };
}

/** A generator that keeps its normal numbers: a moved slider asks for the same ones again. */
class Replay {
  constructor(seed) {
    Object.assign(this, { seed, random: new Random(seed), drawn: [], next: 0 });
  }

  normal() {
    if (this.next === this.drawn.length) this.drawn.push(this.random.normal());
    return this.drawn[this.next++];
  }
}

/** Generators for one start each, for one state after the other. */
export function generators() {
  const kept = [];
  return (initializer, seed, i) => {
    if (initializer === "glorot") return new Random(seed); // uniform numbers cost little
    if (kept[i]?.seed !== seed) kept[i] = new Replay(seed);
    kept[i].next = 0;
    return kept[i];
  };
}

/** The networks, which differ in their first weights. */
export function networks({ depth, activation, initializer, structure, seed }, generator) {
  const hidden = Array.from({ length: depth }, (_, k) => (
    { units: WIDTH, activation, residual: structure === "residual" && k > 0 }));
  return Array.from({ length: STARTS }, (_, i) => new Network(
    WIDTH, [...hidden, { units: CLASSES }],
    {
      random: generator(initializer, seed * STARTS + i, i),
      initializer: INITIALIZERS[initializer],
    }));
}

/** ‖∂L/∂z‖ of each hidden layer; Infinity if a number on the way was too large. */
export function signals(network, { x, target }) {
  const output = network.forward(x);
  const grad = new Float64Array(output.length);
  softmaxCrossEntropy(output, target, BATCH, grad);
  network.backward(grad, false);
  return network.layers.slice(0, -1).map(({ dz }) => {
    const length = Math.hypot(...dz); // does not underflow by squaring
    return Number.isFinite(length) ? length : Infinity;
  });
}

/** The values by size: the one in the middle is their median, for STARTS is odd. */
function ordered(values) {
  return [...values].sort((a, b) => a - b);
}

/** All that the widget shows, from the lengths of the signals: one row a start. */
export function summary(rows) {
  const depth = rows[0].length;
  const share = (length, last) => (length === Infinity ? length : length / last);
  const relative = rows.map((row) => row.map((length) => share(length, row[depth - 1])));
  const across = (table, k) => ordered(table.map((row) => row[k]));
  const median = (values) => values[(values.length - 1) / 2];
  const middle = rows[0].map((_, k) => median(across(relative, k)));
  const [first, last] = [0, depth - 1].map((k) => median(across(rows, k)));
  const shares = across(relative, 0);
  const ratio = middle[0];
  const factor = ratio ** (1 / (depth - 1)); // the geometric mean
  const within = (reach) => middle.every((x) => x >= 10 ** -reach && x <= 10 ** reach);
  const reach = REACHES.find(within) ?? REACHES.at(-1);
  return { depth, relative, middle, first, last, ratio, shares, factor, reach };
}

/** What became of the signal: a word for the chart's zones, and a sentence. */
export function verdict({ depth, first, last, ratio }) {
  if (!Number.isFinite(first + last)) {
    return "The signal explodes: it is too large for the computer’s numbers.";
  }
  if (last === 0) return "The signal is 0 already in the last hidden layer.";
  if (depth === 1) return "Nothing to compare.";
  if (ratio === 0) return "The signal vanishes: it is too small for the computer’s numbers.";
  if (ratio < KEPT[0]) return "The signal vanishes.";
  if (ratio > KEPT[1]) return "The signal explodes.";
  return "The signal is kept.";
}

/** Write a positive number of any size with two digits, or say that it has none. */
export function written(x) {
  if (Number.isNaN(x)) return "no number";
  if (x === Infinity) return "too large";
  if (x === 0) return "0";
  if (x < 1e-300) return "less than 10⁻³⁰⁰";
  const [digits, power] = x.toExponential(1).split("e");
  if (power < -2 || power > 2) return `${digits}\u202f·\u202f${powerOfTen(10 ** power)}`;
  return String(Number(`${digits}e${power}`));
}

/** An index as it is written: δ₁₀. */
function below(index) {
  return [...String(index)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
}

/** The chart: thin lines for the starts, a thick one with dots for their median. */
function graph() {
  const axes = {
    x: { name: "hidden layer, from input to output", low: 0.5, high: 1.5, ticks: 1 },
    y: { name: "‖δ‖", low: 1e-4, high: 1e4, log: true, ticks: 8 },
  };
  const lines = chart({ ...axes, height: 300 });
  const { x, y, width, height } = lines.area;
  const zone = svg("rect", { class: "nnlib-zone", x, width });
  lines.inside.append(zone);
  const thin = Array.from({ length: STARTS }, () => lines.curve("nnlib-thin"));
  const thick = lines.curve();
  const marks = Array.from({ length: LIMITS.depth[1] }, () => svg("path", {}));
  // The signal starts from 1 at the right: these corners are always free.
  const corner = { class: "nnlib-corner", x: x + width - 5, "text-anchor": "end" };
  lines.element.append(
    svg("g", { class: "nnlib-marks" }, ...marks),
    svg("text", { ...corner, y: y + 17 }, "explodes ↑"),
    svg("text", { ...corner, y: y + height - 8 }, "vanishes ↓"));

  function draw({ depth, relative, middle, reach }) {
    const [low, high] = [10 ** -reach, 10 ** reach];
    lines.range({
      x: { high: depth + 0.5, ticks: Math.min(depth, 10) },
      y: { name: `‖δ‖ relative to layer ${depth}`, low, high },
    });
    const [bottom, top] = KEPT.map(lines.y);
    put(zone, { y: top, height: bottom - top });
    const layers = middle.map((_, k) => k + 1);
    thin.forEach((line, i) => line.draw(layers, relative[i]));
    thick.draw(layers, middle);
    marks.forEach((mark, k) => {
      const value = middle[k];
      mark.classList.toggle("nnlib-gone", !(value >= 0)); // no such layer, or no number
      if (!(value >= 0)) return;
      const d = value < low ? "M-6-11H6L0-1Z" : value > high ? "M-6 11H6L0 1Z" : DOT;
      const height = lines.y(Math.min(high, Math.max(low, value)));
      put(mark, { d, transform: `translate(${lines.x(k + 1)} ${height})` });
    });
  }
  return { element: lines.element, draw };
}

const DOT = "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z";

/** In words: the result, its numbers, and what leaves the chart. */
function report() {
  const answer = html("p", { class: "nnlib-answer" });
  const rows = ["Last hidden layer", "First hidden layer", "Ratio", "Range", "Each layer"].map(
    (name) => ({ name, value: html("dd") }));
  const numbers = html("dl", {}, ...rows.map(({ name, value }) =>
    html("div", {}, html("dt", {}, name), value)));
  const outside = html("p", { class: "nnlib-outside" });
  const key = html(
    "p", { class: "nnlib-key" },
    "Thin lines: five random starts; dots: their median. Grey band: kept, 1/10 to 10 times. "
    + "Below it the signal vanishes, above it explodes.");
  const spoken = live();
  const element = html(
    "div", { class: "nnlib-report" }, answer, numbers, outside, key, spoken.element);

  function draw(state) {
    const { depth, middle, first, last, ratio, shares, factor, reach } = state;
    answer.textContent = verdict(state);
    const values = [
      `‖δ${below(depth)}‖ = ${written(last)}`,
      `‖δ₁‖ = ${written(first)}`,
      `δ₁/δ${below(depth)} = ${written(ratio)}`,
      `${written(shares[0])} to ${written(shares.at(-1))}`,
      depth > 1 ? `times about ${written(factor)}` : "no second layer",
    ];
    rows.forEach(({ value }, i) => (value.textContent = values[i]));
    const under = middle.filter((share) => share < 10 ** -reach).length;
    const over = middle.filter((share) => share > 10 ** reach).length;
    const layers = under + over > 1 ? `Layers 1 to ${under + over} are` : "Layer 1 is";
    const limit = powerOfTen(10 ** (under ? -reach : reach));
    const where = under ? `below (▼): under ${limit}` : `above (▲): over ${limit}`;
    outside.textContent = under + over ? `${layers} off the chart, ${where}.` : "";
    spoken.say(`${answer.textContent} First to last: ${written(ratio)}. ${outside.textContent}`);
  }
  return { element, draw, stop: spoken.stop };
}

export function render({ model, el }) {
  const { first, values, set } = settings(model, NAMES);
  const data = samples();
  const generator = generators();
  const activations = choice({
    label: "Activation", options: named(CHOICES.activations),
    value: first.activation, change: (activation) => set({ activation }),
  });
  const starts = select({
    label: "start", options: LIMITS.initializers, value: first.initializer,
    change: (initializer) => set({ initializer }),
  });
  starts.list.setAttribute("aria-label", "Start: how the first weights are drawn");
  const structures = choice({
    label: "Structure", options: LIMITS.structures,
    value: first.structure, change: (structure) => set({ structure }),
  });
  const depths = slider({
    label: "hidden layers", name: "Hidden layers", range: LIMITS.depth, step: 1, whole: true,
    value: first.depth, change: (depth) => set({ depth }),
  });
  const reseed = () => set({ seed: nextSeed(model.get("seed"), LIMITS.seed) });
  const again = button("New weights", reseed);
  const reset = button("Reset", () => {
    set(first);
    redraw();
  });
  const lines = graph();
  const text = report();
  frame(
    el, "vanishing", "The error signal in a deep network",
    html("div", { class: "nnlib-bar" }, activations.element, structures.element, reset),
    html("div", { class: "nnlib-bar nnlib-start" }, starts.element, again),
    depths.element, lines.element, text.element);

  const draw = () => {
    const state = values();
    activations.show(state.activation);
    starts.show(state.initializer);
    structures.show(state.structure);
    depths.show(state.depth);
    const shown = summary(networks(state, generator).map((network) => signals(network, data)));
    lines.draw(shown);
    text.draw(shown);
  };
  const redraw = follow(model, NAMES, draw);
  return () => {
    redraw.stop();
    text.stop();
  };
}

// Backpropagation in the deck's network: the chain rule factor by factor, then updates. Chapter 4.

import LIMITS from "./backprop.json" with { type: "json" };
import { SGD } from "./shared/engine.js";
import {
  button, follow, frame, html, live, number, player, put, select, settings, slider, svg,
} from "./shared/kit.js";
import { chart } from "./shared/plot.js";
import { PARAMETERS, indexOf, passes, picture, printed, table } from "./shared/deck/worked.js";

const VALUES = ["theta", "chosen", "rate", "step"];
const MOST = 10000; // updates
const LINES = LIMITS.step[1]; // of the longest product
const HIDDEN = ["h₁", "h₂"];
const OUTPUTS = ["o₁", "o₂"];

/** The factors of ∂E/∂(parameter), from the error backwards: what, how, how much, key on slides. */
function factors(index, state) {
  const { layer, from, to, id, name } = PARAMETERS[index];
  const { out, fromError, delta, gradients, hiddenSlope, inputs, theta } = state;
  const digits = (x) => number(x, 9, true);
  const unit = layer ? OUTPUTS[to] : HIDDEN[to];
  const key = `${layer ? "o" : "h"}${to + 1}`;
  const p = out[layer][to];
  // The slope of the sigmoid is what the backward pass multiplied by.
  const before = layer ? fromError[to] : hiddenSlope[to];
  const slope = before === 0 ? p * (1 - p) : delta[layer][to] / before;
  const sources = layer ? out[0] : inputs;
  const source = layer ? `out ${HIDDEN[from]}` : ["i₁", "i₂"][from];
  const list = [];
  if (layer) {
    const words = `out ${unit} − target`;
    list.push([`∂E/∂out ${unit}`, words, before, `∂E_total/∂out_${key}`]);
  } else {
    for (const j of [0, 1]) {
      const way = theta[indexOf(1, to, j)] * delta[1][j];
      const words = `∂E/∂net ${OUTPUTS[j]} · ${PARAMETERS[indexOf(1, to, j)].name}`;
      list.push([`via ${OUTPUTS[j]}`, words, way, `∂E_o${j + 1}/∂out_${key}`]);
    }
    list.push([`∂E/∂out ${unit}`, "the sum of both", before, `∂E_total/∂out_${key}`]);
  }
  list.push([`∂out/∂net ${unit}`, "out · (1 − out)", slope, `∂out_${key}/∂net_${key}`]);
  const last = from === null ? [1, "a bias counts as it is"] : [sources[from], source];
  list.push([`∂net ${unit}/∂${name}`, last[1], last[0], `∂net_${key}/∂${id}`]);
  const product = ["the product", gradients[index], `∂E_total/∂${id}`];
  list.push([`∂E/∂${name}`, ...product]);
  return list.map(([what, how, value, slide]) => (
    { what, how, value, slide, text: digits(value) }));
}

/** The parameters on the path or the paths from the error back to a parameter, itself first. */
function paths(index) {
  const { layer, to } = PARAMETERS[index];
  return layer ? [index] : [index, indexOf(1, to, 0), indexOf(1, to, 1)];
}

/** The factors as a table, as many as are shown, and the update below them. */
function chain(deck) {
  const rows = Array.from({ length: LINES }, () => {
    const [what, how] = [html("span"), html("span", { class: "nnlib-how" })];
    const cells = [html("td"), html("td")];
    const name = html("td", {}, what, how); // no header: an empty one would be a fault
    return { what, how, cells, element: html("tr", {}, name, ...cells) };
  });
  const element = table(["factor", "value", "on the slides"], rows.map((row) => row.element));

  function draw(list, shown, original) {
    rows.forEach(({ what, how, cells, element: row }, k) => {
      const factor = k < shown ? list[k] : undefined;
      row.classList.toggle("nnlib-hidden", !factor);
      what.textContent = factor?.what ?? "";
      how.textContent = factor?.how ?? "";
      cells[0].textContent = factor?.text ?? "";
      cells[1].replaceChildren(factor && original ? printed(deck[factor.slide], factor.value) : "");
    });
  }
  return { element, draw };
}

/** The error against the number of updates, on a logarithmic scale. */
function descent() {
  const axes = {
    x: { name: "updates", low: 0, high: 20, ticks: 4 },
    y: { name: "E", low: 1e-6, high: 1, log: true, ticks: 3 },
  };
  const graph = chart({ ...axes, height: 150 });
  const curve = graph.curve();
  const dot = svg("circle", { r: 5, class: "nnlib-dot" });
  graph.element.append(dot);
  function draw(history) {
    const last = Math.max(20, history.length - 1);
    graph.range({ x: { high: last } });
    const every = Math.ceil(history.length / 300);
    const at = history.map((_, n) => n).filter((n) => n % every === 0 || n === last);
    curve.draw(at, at.map((n) => history[n]));
    const end = history.length - 1;
    put(dot, { cx: graph.x(end), cy: graph.y(Math.min(1, Math.max(1e-6, history[end]))) });
  }
  return { element: graph.element, draw };
}

export function render({ model, el }) {
  const { first, set } = settings(model, VALUES);
  const [deck, start] = [model.get("deck"), model.get("start")];
  const now = (theta) => passes(theta, model.get("inputs"), model.get("targets"));
  let theta = [...model.get("theta")];
  let history = [now(theta).total];

  const names = Object.fromEntries(PARAMETERS.map(({ id, name }) => [id, name]));
  const choose = (index) => {
    if (index < 12) set({ chosen: PARAMETERS[index].id });
  };
  const which = select({
    label: "Parameter", options: names, value: model.get("chosen"),
    change: (chosen) => set({ chosen }),
  });
  const index = () => PARAMETERS.findIndex(({ id }) => id === model.get("chosen"));
  const length = () => (PARAMETERS[index()].layer ? LINES - 2 : LINES);
  const step = (by) => {
    const shown = Math.min(model.get("step"), length());
    set({ step: Math.min(length(), Math.max(0, shown + by)) });
  };
  const back = button("Back", () => step(-1));
  const next = button("Next factor", () => step(1));
  const every = button("All", () => set({ step: LINES }));

  const rate = slider({
    label: "η", name: "Learning rate η", range: LIMITS.rate, step: 0.05, value: first.rate,
    change: (value) => set({ rate: value }),
  });
  const update = (times) => {
    const rule = new SGD(model.get("rate"));
    const moving = Float64Array.from(theta);
    for (let n = 0; n < times && history.length <= MOST; n++) {
      rule.step(moving, now(moving).gradients);
      history.push(now(moving).total);
    }
    theta = Array.from(moving);
    set({ theta });
    redraw();
    return history.length <= MOST;
  };
  const run = player({
    advance: () => update(1 + Math.floor(history.length / 60)),
    step: () => update(1),
    words: ["Run on", "Pause", "Update all twelve"],
  });
  const reset = button("Reset", () => {
    run.pause();
    theta = [...first.theta];
    history = [now(theta).total];
    set({ ...first, theta });
    redraw();
  });

  const network = picture(choose);
  const product = chain(deck);
  const graph = descent();
  const answer = html("p", { class: "nnlib-answer" });
  const slide = html("p", { class: "nnlib-equation" });
  const error = html("p", { class: "nnlib-equation" });
  const spoken = live();
  frame(
    el, "backprop", "Backpropagation in the deck's network",
    html("div", { class: "nnlib-bar" }, which.element, back, next, every, reset),
    network.element, product.element,
    html("div", { class: "nnlib-report" }, answer, slide, error, spoken.element),
    html("div", { class: "nnlib-learn" }, run.element, rate.element, graph.element));

  const draw = () => {
    const given = model.get("theta");
    if (given.some((x, i) => x !== theta[i])) { // set from Python
      theta = [...given];
      history = [now(theta).total];
    }
    const state = now(theta);
    const k = index();
    const list = factors(k, state);
    const shown = Math.min(model.get("step"), list.length);
    const original = start.every((x, i) => x === theta[i]);
    network.draw(state, { path: paths(k), back: true });
    product.draw(list, shown, original);
    which.show(model.get("chosen"));
    rate.show(model.get("rate"));
    back.disabled = shown === 0;
    next.disabled = every.disabled = shown === list.length;
    const { id, name } = PARAMETERS[k];
    const gradient = state.gradients[k];
    const eta = model.get("rate");
    const after = theta[k] - eta * gradient;
    const [w, g] = [theta[k], gradient].map((x) => number(x, 9));
    const move = `${number(eta)}\u202f·\u202f${gradient < 0 ? `(${g})` : g}`;
    const missing = list.length - shown;
    answer.textContent = missing ? `∂E/∂${name}: lines to come: ${missing}`
      : `${name}⁺ = ${w} − ${move} = ${number(after, 9, true)}`;
    const text = original && eta === 0.5 && shown === list.length ? deck[`${id}⁺`] : undefined;
    slide.replaceChildren(...(text ? ["on the slides: ", printed(text, after)] : ["\u00a0"]));
    const updates = history.length - 1;
    const count = `${updates} update${updates === 1 ? "" : "s"}`;
    error.textContent = `E = ${number(state.total, 9, true)} after ${count}`;
    graph.draw(history);
    spoken.say(`${answer.textContent}. ${error.textContent}`);
  };
  const redraw = follow(model, VALUES, draw);
  return () => {
    run.pause();
    redraw.stop();
    spoken.stop();
  };
}

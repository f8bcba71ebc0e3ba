// The forward pass through the deck's network: every number, one unit after the other. Chapter 3.

import LIMITS from "./forward.json" with { type: "json" };
import {
  button, follow, frame, html, live, number, select, settings, slider,
} from "./shared/kit.js";
import { PARAMETERS, indexOf, passes, picture, printed, table } from "./shared/deck/worked.js";

const VALUES = ["theta", "inputs", "targets", "step"];
const LAST = LIMITS.step[1]; // h₁, h₂, o₁, o₂, and the error
const UNITS = ["h₁", "h₂", "o₁", "o₂"];
const OTHERS = ["i₁", "i₂", "target of o₁", "target of o₂"];

/** The equations of one step, with its numbers. */
function equations(step, { inputs, targets, net, out, errors, total, theta }) {
  if (step === 0) return ["Nothing is computed yet.", "Press Step: h₁ comes first."];
  const digits = (x) => number(x, 9, true);
  if (step === LAST) {
    const half = (j) => `½(${number(targets[j])} − ${digits(out[1][j])})²`;
    const sum = errors.map(digits).join(" + ");
    return [`E = ${half(0)} + ${half(1)}`, `= ${sum} = ${digits(total)}`];
  }
  const [layer, to] = [step > 2 ? 1 : 0, (step - 1) % 2];
  const sources = layer ? out[0] : inputs;
  const from = layer ? ["out h₁", "out h₂"] : ["i₁", "i₂"];
  const terms = [0, 1].map((i) => indexOf(layer, i, to));
  const bias = indexOf(layer, null, to);
  const product = (i) => {
    const [w, x] = [theta[terms[i]], sources[i]];
    const source = number(x, layer ? 9 : 3);
    return `${number(w, 3)}\u202f·\u202f${x < 0 ? `(${source})` : source}`;
  };
  const unit = UNITS[step - 1];
  const named = (i) => `${PARAMETERS[terms[i]].name}\u202f·\u202f${from[i]}`;
  const sum = `${product(0)} + ${product(1)} + ${number(theta[bias], 3)}`.replaceAll("+ −", "− ");
  const z = net[layer][to];
  return [
    `net ${unit} = ${named(0)} + ${named(1)} + ${PARAMETERS[bias].short} = ${sum} = ${digits(z)}`,
    `out ${unit} = σ(${digits(z)}) = ${digits(out[layer][to])}`,
  ];
}

/** The table of all that is computed so far, with what the deck prints. */
function results(deck) {
  const rows = [...UNITS, "E"].map((name) => {
    const cells = [0, 1, 2].map(() => html("td"));
    return { cells, element: html("tr", {}, html("th", { scope: "row" }, name), ...cells) };
  });
  const head = ["unit", "net", "out", "on the slides"];
  const element = table(head, rows.map((row) => row.element));
  const keys = ["h1", "h2", "o1", "o2"];

  function draw({ net, out, total }, step, original) {
    rows.forEach(({ cells }, k) => {
      const seen = k < step;
      const [layer, i] = [k > 1 ? 1 : 0, k % 2];
      const value = k === LAST - 1 ? total : out[layer][i];
      cells[0].textContent = seen && k < LAST - 1 ? number(net[layer][i], 9, true) : "";
      cells[1].textContent = seen ? number(value, 9, true) : "";
      const text = deck[k === LAST - 1 ? "E_total" : `out_${keys[k]}`];
      cells[2].replaceChildren(seen && original ? printed(text, value) : "");
    });
  }
  return { element, draw };
}

export function render({ model, el }) {
  const { first, set } = settings(model, VALUES);
  const deck = model.get("deck");
  const replaced = (list, i, value) => list.map((old, k) => (k === i ? value : old));

  let chosen = 0; // of the twelve parameters, then the inputs, then the targets
  const all = () => ["theta", "inputs", "targets"].flatMap((name) => model.get(name));
  const value = () => all()[chosen];
  const change = (x) => {
    if (chosen < 12) set({ theta: replaced(model.get("theta"), chosen, x) });
    else if (chosen < 14) set({ inputs: replaced(model.get("inputs"), chosen - 12, x) });
    else set({ targets: replaced(model.get("targets"), chosen - 14, x) });
  };
  const names = [...PARAMETERS.map(({ name }) => name), ...OTHERS];
  const choose = (index) => {
    chosen = Number(index);
    redraw();
  };
  const which = select({
    label: "Change", options: Object.fromEntries(names.map((name, i) => [`n${i}`, name])),
    value: "n0", change: (key) => choose(key.slice(1)),
  });
  const control = slider({
    label: "to", name: "Chosen value", range: LIMITS.value, step: 0.01, value: value(), change,
  });
  const step = (by) => set({ step: Math.min(LAST, Math.max(0, model.get("step") + by)) });
  const back = button("Back", () => step(-1));
  const next = button("Step", () => step(1));
  const every = button("All", () => set({ step: LAST }));
  const reset = button("Reset", () => {
    chosen = 0;
    set(first);
    redraw();
  });
  const network = picture(choose);
  const lines = [0, 1].map(() => html("p", { class: "nnlib-equation" }));
  const numbers = results(deck);
  const spoken = live();
  frame(
    el, "forward", "Forward pass through the deck's network",
    html("div", { class: "nnlib-bar" }, back, next, every, reset),
    network.element,
    html("div", { class: "nnlib-change" }, which.element, control.element),
    html("div", { class: "nnlib-report" }, ...lines, spoken.element),
    numbers.element);

  const draw = () => {
    const [theta, inputs, targets, now] = VALUES.map((name) => model.get(name));
    const state = passes(theta, inputs, targets);
    const start = model.get("start");
    const original = all().every((x, i) => x === start[i]);
    const shown = (k, i) => now > 2 * (k - 1) + i;
    network.draw(state, { shown, path: chosen < 12 ? [chosen, ...PARAMETERS.keys()] : null });
    which.show(`n${chosen}`);
    control.show(value());
    equations(now, state).forEach((text, i) => (lines[i].textContent = text));
    numbers.draw(state, now, original);
    back.disabled = now === 0;
    next.disabled = every.disabled = now === LAST;
    spoken.say(lines.map((line) => line.textContent).join(". "));
  };
  const redraw = follow(model, VALUES, draw);
  return () => {
    redraw.stop();
    spoken.stop();
  };
}

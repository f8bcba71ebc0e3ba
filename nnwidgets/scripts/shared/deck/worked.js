// The deck's worked example, shared by the forward pass and backpropagation: a 2-2-2 network, its
// names, its numbers, its picture. Chapters 3 and 4.

import { LOSSES, Network } from "../engine.js";
import { html, number, put, svg } from "../kit.js";
import { diagram, weigh } from "../plot.js";
import NAMES from "./worked.json" with { type: "json" };

const COLUMNS = [["i₁", "i₂"], ["h₁", "h₂"], ["o₁", "o₂"]];

/** The twelve parameters in nnlib's order; `from` is null for a bias. `id` is Python's name. */
export const PARAMETERS = NAMES.parameters.map((id, index) => {
  const [layer, place] = [Math.floor(index / 6), index % 6]; // four weights by rows, two biases
  const short = id.split(" ")[0].replace(/\d/, (digit) => "₀₁₂₃₄₅₆₇₈"[digit]);
  if (place < 4) return { id, name: short, layer, from: place >> 1, to: place & 1 };
  const to = place - 4;
  return { id, name: `${short} of ${COLUMNS[layer + 1][to]}`, short, layer, from: null, to };
});

/** Where a parameter stands in theta. */
export function indexOf(layer, from, to) {
  return PARAMETERS.findIndex((p) => p.layer === layer && p.from === from && p.to === to);
}

/** Forward and backward through the network: every number of the two chapters. */
export function passes(theta, inputs, targets) {
  const sigmoid = { units: 2, activation: "sigmoid" };
  const network = new Network(2, [sigmoid, sigmoid]);
  network.theta.set(theta);
  const output = network.forward(Float64Array.from(inputs));
  const slope = new Float64Array(2);
  const total = LOSSES.HalfSquaredError(output, targets, 1, slope);
  network.backward(slope);
  const [hidden, last] = network.layers;
  const net = (layer, x) => {
    const sum = new Network(2, [{ units: 2 }]);
    sum.theta.set(theta.slice(6 * layer, 6 * layer + 6));
    return Array.from(sum.forward(Float64Array.from(x)));
  };
  const errors = [0, 1].map((j) => {
    const alone = [new Float64Array([output[j]]), [targets[j]], 1, new Float64Array(1)];
    return LOSSES.HalfSquaredError(...alone);
  });
  return {
    inputs, targets, errors, total, theta,
    net: [net(0, inputs), net(1, hidden.a)],
    out: [Array.from(hidden.a), Array.from(output)],
    fromError: Array.from(slope), // ∂E/∂out of the outputs
    delta: [Array.from(hidden.dz), Array.from(last.dz)], // ∂E/∂net
    hiddenSlope: Array.from(last.dx), // ∂E/∂out of the hidden units
    gradients: Array.from(network.grad),
  };
}

/** The picture of the network. `choose(parameter or input)` hears of clicks. */
export function picture(choose) {
  const size = { width: 340, height: 230, radius: 22 };
  const { element, units, edges } = diagram({ widths: [2, 2, 2], ...size });
  put(element, { viewBox: "-12 -16 418 262", "aria-hidden": "true" });
  const under = svg("g", {});
  const over = svg("g", {});
  element.prepend(under);
  element.append(over);
  const labels = PARAMETERS.map(({ layer, from, to }, index) => {
    const text = svg("text", { class: "nnlib-edge-label", onclick: () => choose(index) });
    if (from === null) {
      const unit = units[layer + 1][to];
      put(text, { x: unit.x, y: unit.y + (to ? 58 : -48), "text-anchor": "middle" });
    } else {
      const [a, b] = [units[layer][from], units[layer + 1][to]];
      const t = from === to ? 0.5 : 0.3;
      const [x, y] = [a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)];
      put(text, { x: x + (from === to ? 0 : 4), y: y + (from === to ? (to ? 17 : -9) : 4) });
      put(text, { "text-anchor": "middle" });
      const touch = { x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: "nnlib-wide" };
      under.append(svg("line", { ...touch, onclick: () => choose(index) }));
    }
    over.append(text);
    return text;
  });
  COLUMNS.forEach((names, k) => names.forEach((name, i) => {
    const { group, x, y } = units[k][i];
    const place = { x, y: y + (i ? 40 : -30), "text-anchor": "middle" };
    over.append(svg("text", { class: "nnlib-unit-name", ...place }, name));
    if (k === 0) group.addEventListener("click", () => choose(12 + i));
  }));
  const ends = [0, 1].map((j) => {
    const { x, y } = units[2][j];
    const text = svg("text", { class: "nnlib-edge-label", x: x + 27, y: y + 5 });
    over.append(text);
    return text;
  });

  /** `shown(column, i)` says whether a unit has its value yet; `path` holds parameters that stand
   * out, and `back` whether gradients run along them. */
  function draw(state, { shown = () => true, path = null, back = false }) {
    const { theta, inputs, out, targets } = state;
    const values = [inputs, ...out];
    units.forEach((column, k) => column.forEach(({ circle, text }, i) => {
      const seen = k === 0 || shown(k, i);
      text.textContent = seen ? number(values[k][i], 3) : "?";
      circle.classList.toggle("nnlib-unseen", !seen);
    }));
    ends.forEach((text, j) => (text.textContent = `t${"₁₂"[j]} ${number(targets[j])}`));
    PARAMETERS.forEach(({ layer, from, to, name, short = name }, index) => {
      labels[index].textContent = `${short} ${number(theta[index], 3)}`;
      const apart = path && !path.includes(index);
      labels[index].classList.toggle("nnlib-faint", Boolean(apart));
      labels[index].classList.toggle("nnlib-chosen", Boolean(path && path[0] === index));
      if (from === null) return;
      const edge = edges[layer][from][to];
      weigh(edge, theta[index], 0.6);
      edge.classList.toggle("nnlib-faint", Boolean(apart));
    });
    element.querySelectorAll(".nnlib-back").forEach((line) => line.remove());
    if (!back) return;
    for (const index of path.filter((p) => PARAMETERS[p].from !== null)) {
      const { layer, from, to } = PARAMETERS[index];
      const [a, b] = [units[layer + 1][to], units[layer][from]];
      const length = Math.hypot(b.x - a.x, b.y - a.y);
      const [dx, dy] = [(b.x - a.x) / length, (b.y - a.y) / length];
      const at = (far, side) => `${a.x + far * dx - side * dy} ${a.y + far * dy + side * dx}`;
      const tip = length - 26;
      const side = from === 1 && to === 1 ? 6 : -6; // where no label stands
      const head = `M${at(tip - 8, side + 5)}L${at(tip, side)}L${at(tip - 8, side - 5)}`;
      const d = `M${at(26, side)}L${at(tip, side)}${head}`;
      over.prepend(svg("path", { class: "nnlib-back", d }));
    }
  }
  return { element, draw };
}

/** A table to be filled by the caller: its head, and rows that are added as they are. */
export function table(head, rows) {
  const top = head.map((word) => html("th", { scope: "col" }, word));
  return html("table", {}, html("thead", {}, html("tr", {}, ...top)), html("tbody", {}, ...rows));
}

/** What the deck prints, beside the true value: struck through where they differ. */
export function printed(text, value) {
  if (text === undefined) return "";
  const decimals = text.split(".")[1].length;
  if (value.toFixed(decimals) === text) return html("span", { class: "nnlib-same" }, "the same");
  return html("s", { class: "nnlib-differs" }, text.replace("-", "−"));
}

// The ten outputs of a network that reads digits, as bars with their percentages.

import LIMITS from "./digits.json" with { type: "json" };
import { softmaxCrossEntropy } from "../engine.js";
import { html, number } from "../kit.js";

const CLASSES = LIMITS.classes;

/** A probability in percent; never 0 or 100, which softmax does not give. */
export function percent(p, decimals) {
  const least = 10 ** -decimals;
  const [low, high] = [100 * p < least / 2, 100 * (1 - p) < least / 2];
  const value = low ? least : high ? 100 - least : 100 * p;
  return `${low ? "<\u00a0" : high ? ">\u00a0" : ""}${number(value, decimals, true)}\u00a0%`;
}

/** Softmax of the outputs, and the digits from the most likely one on: { p, order }. */
export function answer(logits) {
  const p = new Float64Array(logits.length);
  softmaxCrossEntropy(logits, p.slice(), 1, p); // its gradient p − t, for t = 0, is the softmax
  const order = Array.from(p.keys()).sort((i, j) => p[j] - p[i]);
  return { p, order };
}

/** The bars; the most likely digit's is blue, bold and has an arrow. Hidden from screen readers:
 * the widget says the answer in words. Style: outputs.css. */
export function outputs() {
  const rows = Array.from({ length: CLASSES }, (_, k) => {
    const bar = html("div", { class: "nnlib-fill" });
    const value = html("span", { class: "nnlib-percent" });
    const trough = html("div", { class: "nnlib-trough" }, bar);
    const mark = html("span", { class: "nnlib-arrow" }, "◀");
    return { bar, value, row: html("div", {}, html("span", {}, k), trough, value, mark) };
  });
  const attributes = { class: "nnlib-outputs", "aria-hidden": "true" };
  const element = html("div", attributes, ...rows.map(({ row }) => row));
  const draw = ({ p, order }) => {
    rows.forEach(({ row, bar, value }, k) => {
      row.classList.toggle("nnlib-best", k === order[0]);
      bar.style.width = `${100 * p[k]}%`;
      value.textContent = percent(p[k], 1);
    });
  };
  return { element, draw };
}

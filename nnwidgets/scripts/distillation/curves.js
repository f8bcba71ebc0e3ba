// How long the gradient is at each temperature, as it is and times T².

import LIMITS from "../distillation.json" with { type: "json" };
import { number, put, svg } from "../shared/kit.js";
import { chart } from "../shared/plot.js";

const [LEAST, MOST] = LIMITS.temperature.map(Math.log2);
const POINTS = 61;
const XS = Array.from({ length: POINTS }, (_, i) => LEAST + (i * (MOST - LEAST)) / (POINTS - 1));
export const TEMPERATURES = XS.map((x) => 2 ** x);
const [FLOOR, CEILING] = [3e-5, 50];

/** A dot on a curve. */
const dot = (name) => svg("circle", { r: 5, class: `nnlib-dot ${name}` });

/** Where the names of the lines stand, given where these end: above or below, none on another. */
function apart([plain, evened, label]) {
  const [below, above] = [plain + 16, evened - 6];
  const free = (y) => [below, above].every((other) => Math.abs(other - y) > 15);
  const tries = [-6, 16, -24, 34, -42, 52].map((step) => label + step);
  return [below, above, tries.find(free)];
}

/** The chart: `draw(sizes, now, T, label)` takes the gradient's length at each of TEMPERATURES and
 * at T, and that of the label's gradient at T = 1, or null. */
export function curves() {
  const graph = chart({
    x: { name: "T", low: LEAST, high: MOST, ticks: 6 },
    y: { name: "length of the gradient", low: FLOOR, high: CEILING, log: true },
    height: 230,
    format: (x) => number(2 ** x, 1),
  });
  const mark = svg("line", { class: "nnlib-guide", y1: graph.y(FLOOR), y2: graph.y(CEILING) });
  const hard = svg("line", { class: "nnlib-label-line", x1: graph.x(LEAST), x2: graph.x(MOST) });
  graph.inside.append(mark, hard);
  const plain = graph.curve("nnlib-plain");
  const evened = graph.curve();
  const dots = [dot("nnlib-plain-dot"), dot("nnlib-evened-dot")];
  const words = ["(p − q) / T", "T² · (p − q) / T", "label: p − t, T = 1"].map((text) =>
    svg("text", { class: "nnlib-line-name", "text-anchor": "end", x: graph.x(MOST) - 4 }, text));
  graph.element.append(...words, ...dots);

  let drawn = null;
  const inside = (value) => graph.y(Math.min(CEILING, Math.max(FLOOR, value)));

  function draw(sizes, now, T, label) {
    if (sizes !== drawn) {
      plain.draw(XS, sizes);
      evened.draw(XS, sizes.map((size, i) => size * TEMPERATURES[i] ** 2));
    }
    drawn = sizes;
    const x = graph.x(Math.log2(T));
    put(mark, { x1: x, x2: x });
    dots.forEach((one, i) => put(one, { cx: x, cy: inside(i ? now * T * T : now) }));
    const last = sizes[POINTS - 1];
    const ends = [last, last * TEMPERATURES[POINTS - 1] ** 2, label ?? last].map(inside);
    put(hard, { y1: ends[2], y2: ends[2] });
    hard.style.visibility = words[2].style.visibility = label === null ? "hidden" : "visible";
    apart(ends).forEach((y, i) => put(words[i], { y }));
  }
  return { element: graph.element, draw };
}

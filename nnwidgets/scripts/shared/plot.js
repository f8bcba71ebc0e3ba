// Drawings that more than one widget needs: a chart with axes, a network, a shaded plane.

import { number, put, setText, svg, unique } from "./kit.js";

/** Map low … high to from … to, linearly or by logarithm; `invert` maps back. */
export function scale(low, high, from, to, log = false) {
  const f = log ? Math.log10 : (x) => x;
  const rate = (to - from) / (f(high) - f(low));
  const map = (x) => from + (f(x) - f(low)) * rate;
  map.invert = (p) => {
    const x = f(low) + (p - from) / rate;
    return log ? 10 ** x : x;
  };
  return map;
}

/** Round numbers from low to high, about `count` of them; powers of ten if `log`. */
export function ticks(low, high, count = 5, log = false) {
  if (log) {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const every = Math.max(1, Math.ceil((last - first) / count));
    const powers = [];
    for (let power = first; power <= last; power += every) powers.push(10 ** power);
    return powers;
  }
  const rough = (high - low) / count;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * ten).find((size) => size >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A power of ten as it is written: 10⁻³. */
export function powerOfTen(x) {
  const power = Math.round(Math.log10(x));
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
}

/** A chart with two axes. `x` and `y` are { name, low, high, log = false, ticks: how many }.
 *
 * `range` changes the axes, `curve` adds a curve; what a widget adds itself belongs into `inside`,
 * which is clipped, or, if it is to leave the area, behind the `ground`; at chart.x(value) and
 * chart.y(value). A value that is not finite, or not positive on a logarithmic axis, interrupts a
 * curve. The drawing is hidden from screen readers: its widget says the result in words.
 */
export function chart({ x, y, width = 340, height = 200, left = 44, bottom = 38, ...more }) {
  const { format = number } = more; // of the numbers along linear axes
  const [right, top] = [12, 18];
  const clip = unique();
  const area = { x: left, y: top, width: width - left - right, height: height - top - bottom };
  const grid = svg("path", { class: "nnlib-grid" });
  const labels = svg("g", { class: "nnlib-ticks" });
  const inside = svg("g", { "clip-path": `url(#${clip})` });
  const middle = left + area.width / 2;
  const below = svg("text", { class: "nnlib-axis", x: middle, y: height - 4 });
  put(below, { "text-anchor": "middle" });
  const above = svg("text", { class: "nnlib-axis", x: 0, y: 9 });
  // Unseen, and a little larger than the drawing: whatever moves about after it, all of it together
  // stays as large, so that the browser need not sort the page's layers anew.
  const around = { x: -20, y: -20, width: width + 40, height: height + 40 };
  const ground = svg("rect", { ...around, fill: "transparent", "pointer-events": "none" });
  const element = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "nnlib-chart", "aria-hidden": "true" },
    svg("defs", {}, svg("clipPath", { id: clip }, svg("rect", area))),
    grid, labels, inside, below, above, ground);
  const self = { element, inside, ground, area, range, curve };

  let ranged = "";
  function range(next = {}) {
    x = { ...x, ...next.x };
    y = { ...y, ...next.y };
    const key = JSON.stringify([x, y]);
    if (key === ranged) return;
    ranged = key;
    setText(below, x.name);
    setText(above, y.name);
    self.x = scale(x.low, x.high, left, width - right, x.log);
    self.y = scale(y.low, y.high, height - bottom, top, y.log);
    const [across, up] = [x, y].map((axis) => ticks(axis.low, axis.high, axis.ticks, axis.log));
    const write = (axis, value) => (axis.log ? powerOfTen(value) : format(value));
    const [foot, head] = [height - bottom, top];
    put(grid, {
      d: across.map((value) => `M${self.x(value)} ${head}V${foot}`).join("")
        + up.map((value) => `M${left} ${self.y(value)}H${width - right}`).join(""),
    });
    labels.replaceChildren(
      ...across.map((value) => svg(
        "text", { class: "nnlib-tick", x: self.x(value), y: foot + 16, "text-anchor": "middle" },
        write(x, value))),
      ...up.map((value) => svg(
        "text", { class: "nnlib-tick", x: left - 6, y: self.y(value) + 4, "text-anchor": "end" },
        write(y, value))));
  }

  /** Add a curve; its `draw` takes the xs and the ys. */
  function curve(name = "nnlib-curve", attributes = {}) {
    const path = svg("path", { class: name, ...attributes });
    inside.append(path);
    const seen = (value, axis) => Number.isFinite(value) && (!axis.log || value > 0);
    const draw = (xs, ys) => {
      let [d, pen] = ["", "M"];
      for (let i = 0; i < xs.length; i++) {
        if (seen(xs[i], x) && seen(ys[i], y)) {
          d += `${pen}${self.x(xs[i]).toFixed(1)} ${self.y(ys[i]).toFixed(1)}`;
          pen = "L";
        } else pen = "M";
      }
      put(path, { d });
    };
    return { path, draw };
  }

  range();
  return self;
}

/** A network from left to right: `widths` says how many units each column has.
 *
 * `units[k][i]` is { x, y, group, circle, text }, `edges[k][i][j]` the line from unit i of column k
 * to unit j of the next. `weigh(edge, w)` draws a weight: as wide as it is large, blue if positive,
 * orange and dashed if negative.
 */
export function diagram({ widths, width = 340, height = 220, radius = 18 }) {
  const centre = (k, i) => ({
    x: radius + 2 + (k * (width - 2 * radius - 4)) / Math.max(1, widths.length - 1),
    y: (height * (i + 0.5)) / widths[k],
  });
  const units = widths.map((n, k) => Array.from({ length: n }, (_, i) => {
    const { x, y } = centre(k, i);
    const circle = svg("circle", { r: radius });
    const text = svg("text", { y: 5 });
    const place = { class: "nnlib-unit", transform: `translate(${x} ${y})` };
    const group = svg("g", place, circle, text);
    return { x, y, group, circle, text };
  }));
  const edges = units.slice(1).map((column, k) => units[k].map((from) => column.map((to) =>
    svg("line", { class: "nnlib-edge", x1: from.x, y1: from.y, x2: to.x, y2: to.y }))));
  const element = svg(
    "svg", { viewBox: `0 0 ${width} ${height}`, class: "nnlib-diagram" },
    ...edges.flat(2), ...units.flat().map((unit) => unit.group));
  return { element, units, edges };
}

/** Draw a weight as an edge; `largest` is the size of the widest. */
export function weigh(edge, weight, largest = 1) {
  const size = Math.min(1, Math.abs(weight) / largest);
  put(edge, {
    class: `nnlib-edge ${weight < 0 ? "nnlib-negative" : "nnlib-positive"}`,
    "stroke-width": (0.75 + 5 * size).toFixed(2),
  });
}

/** The colours of the page, for a canvas: a function from −1 … 1 to [red, green, blue].
 *
 * Orange for −1, paper for 0, blue for 1, unless other variables of the style sheet are named. Ask
 * again after the page turns dark or light.
 */
export function signedColours(element, names = ["paper", "positive", "negative"]) {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (name) => {
    const style = document.createElement("i");
    style.style.color = `var(--${name})`;
    element.append(style);
    probe.fillStyle = getComputedStyle(style).color;
    style.remove();
    probe.fillRect(0, 0, 1, 1);
    return probe.getImageData(0, 0, 1, 1).data;
  };
  const [paper, positive, negative] = names.map(colour);
  return (value) => {
    const end = value < 0 ? negative : positive;
    const t = Math.min(1, Math.abs(value));
    return [0, 1, 2].map((i) => paper[i] + t * (end[i] - paper[i]));
  };
}

/** Shade a canvas: `value(column, row)` is −1 … 1, row 0 at the top. */
export function shade(canvas, value, colours) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas; // asked once: each pixel would ask the page
  const image = context.createImageData(width, height);
  const { data } = image;
  for (let row = 0, p = 0; row < height; row++) {
    for (let column = 0; column < width; column++, p += 4) {
      const colour = colours(value(column, row));
      for (let i = 0; i < 3; i++) data[p + i] = colour[i];
      data[p + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

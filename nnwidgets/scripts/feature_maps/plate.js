// A map drawn large: its numbers as colours, what is marked in it, and a frame around a window.

import { draggable, html, put, svg } from "../shared/kit.js";
import { shade } from "../shared/plot.js";

/** A plate without handle, or, with `choose(row, column)`, one whose frame is moved by mouse,
 * finger and arrow keys, these from `where()`. `draw` takes
 *
 * { side, pad, value(row, column), colours, negative(row, column), mark(row, column), window },
 * where `pad` rings of zeros lie around the map, `negative` and `mark` say which numbers get a dash
 * and a cross, and `window` is { row, column, size }. */
export function plate({ label, choose = null, where = null }) {
  const canvas = html("canvas", { width: 1, height: 1, "aria-hidden": "true" });
  const lines = svg("path", { class: "nnlib-lines" });
  const ring = svg("path", { class: "nnlib-padding" });
  const dashes = svg("path", { class: "nnlib-dashes" });
  const crosses = svg("path", { class: "nnlib-crosses" });
  const halo = svg("rect", { class: "nnlib-halo" });
  const frame = svg("rect", { class: "nnlib-ring" });
  const touch = svg("rect", { class: "nnlib-touch" });
  const handle = choose ? svg(
    "g",
    { class: "nnlib-handle", tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": 0 },
    touch, halo, frame) : svg("g", {}, halo, frame);
  const drawing = svg(
    "svg", choose ? {} : { "aria-hidden": "true" }, lines, ring, dashes, crosses, handle);
  const element = html("div", { class: "nnlib-plate" }, canvas, drawing);
  let [now, shape] = [null, ""];

  if (choose) {
    const within = (at) => Math.min(now.side - 1, Math.max(0, at));
    const go = (row, column) => {
      const [r, c] = [within(row), within(column)];
      const [atRow, atColumn] = where();
      if (r !== atRow || c !== atColumn) choose(r, c);
    };
    draggable(drawing, handle, (x, y) => go(Math.floor(y) - now.pad, Math.floor(x) - now.pad));
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
      if (!(event.key in step) || event.ctrlKey || event.metaKey || event.altKey) return;
      const [down, across] = step[event.key];
      const [row, column] = where();
      go(row + down, column + across);
      event.preventDefault();
    });
  }

  function draw(next) {
    now = next;
    const { side, pad, value, colours, negative, mark, window } = next;
    const all = side + 2 * pad;
    if (shape !== `${side} ${pad}`) {
      shape = `${side} ${pad}`;
      put(canvas, { width: all, height: all });
      put(drawing, { viewBox: `0 0 ${all} ${all}` });
      const inner = Array.from({ length: side - 1 }, (_, i) =>
        `M${pad + i + 1} ${pad}v${side}M${pad} ${pad + i + 1}h${side}`);
      put(lines, { d: inner.join("") });
      put(ring, { d: pad ? `M${pad} ${pad}h${side}v${side}h${-side}z` : "M0 0" });
    }
    const inside = (row, column) => row >= 0 && row < side && column >= 0 && column < side;
    shade(canvas, (x, y) => (inside(y - pad, x - pad) ? value(y - pad, x - pad) : 0), colours);
    let [minus, cross] = ["", ""];
    const arm = side > 8 ? 0.35 : 0.22;
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const [x, y] = [pad + column, pad + row];
        if (negative?.(row, column)) minus += `M${x + 0.3} ${y + 0.5}h.4`;
        if (!mark?.(row, column)) continue;
        cross += `M${x + 0.9 - arm} ${y + 0.1}l${arm} ${arm}m0 ${-arm}l${-arm} ${arm}`;
      }
    }
    put(dashes, { d: minus || "M0 0" });
    put(crosses, { d: cross || "M0 0" });
    const { row, column, size } = window;
    const box = { x: pad + column, y: pad + row, width: size, height: size };
    for (const part of [halo, frame]) put(part, box);
    if (!choose) return;
    const reach = Math.max(size, all * 0.16); // 44 pixels and more
    put(touch, {
      x: box.x + (size - reach) / 2, y: box.y + (size - reach) / 2, width: reach, height: reach,
    });
    put(handle, {
      "aria-valuemax": side * side - 1, "aria-valuenow": row * side + column,
      "aria-valuetext": `Row ${row + 1}, column ${column + 1}`,
    });
  }
  return { element, draw };
}

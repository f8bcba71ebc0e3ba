// Pictures of 16 × 16 numbers: an image, or a map with its signs, the digit's edge and a cursor.

import { html, put, svg } from "../shared/kit.js";
import { pixels } from "../shared/digits/desk.js";
import LIMITS from "../shared/digits/digits.json" with { type: "json" };

const SIDE = LIMITS.side;
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const MARKED = 0.15; // of the full colour, from which on a minus is written

/** The nearest row or column that there is. */
export const inside = (i) => Math.min(SIDE - 1, Math.max(0, i));

/** The pixel beside another one, or null for other keys. */
export function moved([row, column], event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in MOVES)) return null;
  event.preventDefault();
  const [down, right] = MOVES[event.key];
  return [inside(row + down), inside(column + right)];
}

/** The edge of what is at least half ink, as an SVG path. */
export function edgeOf(ink) {
  const on = (row, column) =>
    row >= 0 && column >= 0 && row < SIDE && column < SIDE && ink[row * SIDE + column] >= 0.5;
  let d = "";
  for (let row = 0; row <= SIDE; row++) {
    for (let column = 0; column <= SIDE; column++) {
      if (on(row, column) !== on(row - 1, column)) d += `M${column} ${row}h1`;
      if (on(row, column) !== on(row, column - 1)) d += `M${column} ${row}v1`;
    }
  }
  return d;
}

/** An image or a map. `hear(pixel)` is told where a mouse is, `choose(pixel)` where it is pressed,
 * or tapped, or moved by keys from `where()`; without them, it is only looked at. */
export function picture({ label = "", hear = null, choose = null, where = null } = {}) {
  const shown = pixels();
  const edge = svg("path", { class: "nnlib-edge-line" });
  const minus = svg("path", { class: "nnlib-minus" });
  const halo = svg("rect", { class: "nnlib-spot-halo", width: 1, height: 1 });
  const spot = svg("rect", { class: "nnlib-spot", width: 1, height: 1 });
  const box = { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" };
  const over = svg("svg", box, edge, minus, halo, spot);
  const element = html("div", { class: "nnlib-picture" }, shown.canvas, over);

  const at = (event) => {
    const { left, top, width, height } = shown.canvas.getBoundingClientRect();
    const cell = (place, size) => inside(Math.floor((place / size) * SIDE));
    return [cell(event.clientY - top, height), cell(event.clientX - left, width)];
  };
  if (choose) {
    put(element, { tabindex: 0, role: "application", "aria-label": label });
    // A finger reads pixels while it goes sideways; up and down it scrolls the page.
    let finger = null;
    element.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => (finger = [x, y]));
    element.addEventListener("pointermove", (event) => {
      const [x, y] = finger ?? [Infinity, 0];
      const aside = Math.abs(event.clientX - x) > Math.abs(event.clientY - y) + 3;
      if (event.pointerType !== "touch" || (finger && aside)) hear(at(event));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      element.addEventListener(end, () => (finger = null));
    }
    element.addEventListener("click", (event) => choose(at(event)));
    element.addEventListener("keydown", (event) => {
      const next = moved(where(), event);
      if (next) choose(next);
    });
  }

  /** Show numbers; `full` is the one that has the full colour. */
  function draw(numbers, full, colours, line, cursor = null) {
    const scaled = numbers.map((value) => value / full);
    shown.draw(scaled, colours);
    put(edge, { d: line });
    let d = "";
    scaled.forEach((value, i) => {
      if (value < -MARKED) d += `M${(i % SIDE) + 0.25} ${Math.floor(i / SIDE) + 0.5}h.5`;
    });
    put(minus, { d });
    if (cursor) for (const one of [halo, spot]) put(one, { x: cursor[1], y: cursor[0] });
    over.classList.toggle("nnlib-aimed", cursor !== null);
  }
  return { element, over, draw };
}

// The map: axes, what the decoder draws on it, where that is far from all digits, the digits'
// numerals, a straight walk, the drawn digit's place, and a handle to drag.

import LIMITS from "../codes.json" with { type: "json" };
import DIGITS from "../shared/digits/digits.json" with { type: "json" };
import { draggable, html, number, put, setText, svg } from "../shared/kit.js";
import { shade, ticks } from "../shared/plot.js";
import { nearest, tilesOf } from "./maps.js";

const [SIZE, LEFT, TOP, BOTTOM, RIGHT] = [400, 46, 8, 46, 2]; // of the square, and around it
const [N, SIDE] = [LIMITS.tiles, DIGITS.side];
const TILE = SIZE / N;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const STEP = 0.02; // of the map's side, for a key
const NEAR = 0.045; // of the side: labels of an axis do not come closer

export const NUMBERS = { network: "code number", pca: "component" };

/** Round numbers to write along an axis, no two too close. */
function marks({ low, high, place }) {
  const kept = [];
  for (const value of ticks(low, high, 8)) {
    if (!kept.length || place(value) - place(kept.at(-1)) > NEAR) kept.push(value);
  }
  return kept;
}

/** `move(code)` hears where the handle is put, in code numbers; `where()` says where it is. */
export function plane({ move, where }) {
  const tiles = html("canvas", { width: N * SIDE, height: N * SIDE, "aria-hidden": "true" });
  const box = { x: LEFT, y: TOP, width: SIZE, height: SIZE };
  const hatch = svg("path", { class: "nnlib-hatch" });
  const numerals = svg("g", { class: "nnlib-numerals" });
  const labels = svg("g", {});
  const frame = svg("rect", { ...box, class: "nnlib-rim" });
  const names = [
    svg("text", { class: "nnlib-axis", x: LEFT + SIZE / 2, y: TOP + SIZE + 38 }),
    svg("text", { class: "nnlib-axis", transform: `translate(13 ${TOP + SIZE / 2}) rotate(-90)` }),
  ];
  for (const name of names) put(name, { "text-anchor": "middle" });
  const way = svg("path", { class: "nnlib-way" });
  const letters = ["A", "B"].map((letter) => svg(
    "g", { class: "nnlib-end" }, svg("circle", { r: 9 }), svg("text", { y: 4.5 }, letter)));
  const own = svg("path", { class: "nnlib-own", d: "M-7 -7L7 7M-7 7L7 -7" });
  const ownHalo = svg("path", { class: "nnlib-own-halo", d: "M-7 -7L7 7M-7 7L7 -7" });
  const drawn = svg("g", {}, ownHalo, own);
  const parts = ["touch", "halo", "ring"].map((name, i) =>
    svg("circle", { class: `nnlib-${name}`, r: [34, 11, 11][i] }));
  const handle = svg("g", {
    class: "nnlib-handle", tabindex: 0, role: "application",
    "aria-label": "Code on the map: arrow keys move it",
  }, ...parts);
  const [width, height] = [LEFT + SIZE + RIGHT, TOP + SIZE + BOTTOM];
  const over = svg(
    "svg", { viewBox: `0 0 ${width} ${height}` },
    svg("g", { "aria-hidden": "true" }, hatch, numerals, frame, labels, ...names, way, drawn,
      ...letters),
    handle);
  const element = html("div", { class: "nnlib-map" }, tiles, over);
  const style = { left: LEFT / width, top: TOP / height, width: SIZE / width };
  for (const [name, share] of Object.entries(style)) tiles.style[name] = `${100 * share}%`;

  let axes = null;
  const x = (c) => LEFT + SIZE * axes[0].place(c);
  const y = (c) => TOP + SIZE * (1 - axes[1].place(c));
  const at = (c) => ({ transform: `translate(${x(c[0]).toFixed(2)} ${y(c[1]).toFixed(2)})` });
  const rounded = (value, { low, high }) =>
    Math.min(high, Math.max(low, Math.round(100 * value) / 100));
  draggable(over, handle, (px, py) => {
    const places = [(px - LEFT) / SIZE, 1 - (py - TOP) / SIZE];
    move(axes.map((axis, i) => rounded(axis.value(places[i]), axis)));
  });
  handle.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in MOVES)) return;
    event.preventDefault();
    const code = where();
    move(axes.map((axis, i) => {
      const to = MOVES[event.key][i];
      if (to === 0) return code[i];
      const next = rounded(axis.value(axis.place(code[i]) + to * STEP), axis);
      return Math.abs(next - code[i]) < 0.01 ? rounded(code[i] + 0.01 * to, axis) : next;
    }));
  });

  /** Draw what changes only with the map; return how many of its tiles are far. */
  function lay({ coder, scale, show, kept, colours }) {
    axes = coder.axes[scale];
    axes.forEach((_, i) => setText(names[i], `c${"₁₂"[i]}, ${NUMBERS[coder.name]} ${i + 1}`));
    const [across, up] = axes.map(marks);
    labels.replaceChildren(
      ...across.map((value) => svg(
        "text", { class: "nnlib-tick", x: x(value), y: TOP + SIZE + 17, "text-anchor": "middle" },
        number(value, 2))),
      ...up.map((value) => svg(
        "text", { class: "nnlib-tick", x: LEFT - 5, y: y(value) + 4.5, "text-anchor": "end" },
        number(value, 2))),
      svg("path", {
        class: "nnlib-grid",
        d: across.map((value) => `M${x(value)} ${TOP + SIZE}v5`).join("")
          + up.map((value) => `M${LEFT} ${y(value)}h-4`).join(""),
      }));
    const drawings = tilesOf(axes).map(coder.decode);
    shade(tiles, (column, row) => {
      const tile = drawings[Math.floor(row / SIDE) * N + Math.floor(column / SIDE)];
      return Math.max(0, tile[(row % SIDE) * SIDE + (column % SIDE)]);
    }, colours);
    let [d, far] = ["", 0];
    drawings.forEach((drawing, k) => {
      if (nearest(drawing, kept).far <= coder.limit) return;
      far += 1;
      const [left, top] = [LEFT + TILE * (k % N), TOP + TILE * Math.floor(k / N)];
      for (let i = 1; i < 8; i++) { // slanted lines, from below and left to above and right
        const [from, to] = [Math.max(0, i - 4), Math.min(4, i)].map((s) => (s * TILE) / 4);
        d += `M${(left + from).toFixed(1)} ${(top + to).toFixed(1)}`
          + `L${(left + to).toFixed(1)} ${(top + from).toFixed(1)}`;
      }
    });
    put(hatch, { d });
    numerals.replaceChildren(...coder.placed.map(({ label, code: c }) => {
      const place = { x: x(c[0]).toFixed(1), y: y(c[1]).toFixed(1) };
      return svg("text", { class: `nnlib-of-${label}`, ...place }, label);
    }));
    element.dataset.show = show;
    return far;
  }

  function draw({ handle: code, landed, ends: [a, b] }) {
    put(handle, at(code));
    put(drawn, at(landed));
    put(letters[0], at(a));
    put(letters[1], at(b));
    const points = Array.from({ length: 41 }, (_, i) => // straight in the code, perhaps not here
      [0, 1].map((j) => a[j] + (i / 40) * (b[j] - a[j])));
    const corner = (p) => `${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`;
    put(way, { d: `M${points.map(corner).join("L")}` });
  }
  return { element, lay, draw };
}

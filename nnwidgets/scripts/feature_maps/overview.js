// The whole network: the image, the maps of each layer as small pictures to choose from, and the
// ten outputs.

import { LAYERS, SIDE } from "./numbers.js";
import { button, html, put, setText, svg } from "../shared/kit.js";
import { percent } from "../shared/digits/outputs.js";
import { shade } from "../shared/plot.js";

const BELOW = {
  conv1: "16 × 16", pool1: "8 × 8", conv2: "8 × 8", pool2: "4 × 4", output: "softmax",
};
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** `choose(layer, map)` hears which map is wanted; `maps` says how many each layer has. One map
 * stands in the order of Tab; arrow keys go on from it. */
export function overview({ maps, choose }) {
  const thumbnail = (side) => html("canvas", { width: side, height: side, "aria-hidden": "true" });
  const input = thumbnail(SIDE);
  const [halo, seen] = ["nnlib-halo", "nnlib-ring"].map((name) => svg("rect", { class: name }));
  const frame = svg(
    "svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" }, halo, seen);
  const sight = html("p", { class: "nnlib-kind" });
  const columns = Object.keys(LAYERS).map((layer) => {
    const { name, short, side } = LAYERS[layer];
    const all = Array.from({ length: maps[layer] }, (_, map) => {
      const output = layer === "output";
      const canvas = output ? null : thumbnail(side);
      const bar = html("span", { class: "nnlib-odds", "aria-hidden": "true" });
      const label = output ? `Output, digit ${map}` : `${name}, map ${map + 1}`;
      const press = button("", () => choose(layer, map), { "aria-label": label });
      if (output) press.append(html("span", { "aria-hidden": "true" }, map), bar);
      else press.append(canvas);
      return { press, canvas, bar };
    });
    const moved = html("span", { class: "nnlib-moved" });
    const grid = html("div", { class: "nnlib-maps" }, ...all.map(({ press }) => press));
    const title = html("p", { class: "nnlib-caption" }, html("b", {}, short), " ", moved);
    const below = html("p", { class: "nnlib-kind" }, BELOW[layer]);
    const element = html("div", { class: `nnlib-stage nnlib-${layer}` }, title, grid, below);
    return { layer, side, all, moved, element };
  });
  const flat = columns.flatMap(({ layer, all }) => all.map((one, map) => ({ layer, map, ...one })));
  const element = html(
    "div", { class: "nnlib-overview", role: "group", "aria-label": "The network, map by map" },
    html(
      "div", { class: "nnlib-stage nnlib-input" },
      html("p", { class: "nnlib-caption" }, html("b", {}, "Image")),
      html("div", { class: "nnlib-plate" }, input, frame), sight),
    ...columns.map((column) => column.element));
  element.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const at = flat.findIndex(({ press }) => press === event.target);
    if (!step || at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { layer, map, press } = flat[Math.min(flat.length - 1, Math.max(0, at + step))];
    choose(layer, map);
    press.focus();
  });

  /** `state` says what is chosen, `from` which maps it is made of, `field` what it sees of the
   * image, `reach` the largest number of each layer, `moved` what to say of each layer when the
   * digit is shifted. */
  function draw({ run, state, from, field, reach, moved, signed, ink }) {
    shade(input, (x, y) => run.image[y * SIDE + x], ink);
    const { row, column, size } = field;
    const [y, x] = [Math.max(0, row), Math.max(0, column)];
    const box = {
      x, y, width: Math.min(SIDE, column + size) - x, height: Math.min(SIDE, row + size) - y,
    };
    for (const part of [halo, seen]) put(part, box);
    setText(sight, `sees ${size} × ${size}`);
    for (const { layer, side, all, moved: mark } of columns) {
      const values = run[layer];
      all.forEach(({ press, canvas, bar }, map) => {
        const chosen = layer === state.layer && map === state.map;
        const value = (x, y) => values[(y * side + x) * all.length + map] / reach[layer];
        if (canvas) shade(canvas, value, signed);
        else {
          bar.style.setProperty("--share", `${100 * run.p[map]}%`);
          put(press, { value: run.p[map], title: percent(run.p[map], 1) });
          press.classList.toggle("nnlib-says", map === run.order[0]);
        }
        if (press.tabIndex !== (chosen ? 0 : -1) || !press.hasAttribute("aria-pressed")) {
          put(press, { "aria-pressed": String(chosen), tabindex: chosen ? 0 : -1 });
        }
        press.classList.toggle("nnlib-from", layer === from.layer && from.maps.includes(map));
        press.classList.toggle("nnlib-shown", layer === from.layer && map === from.shown);
      });
      setText(mark, moved[layer]);
    }
  }
  return { element, draw };
}

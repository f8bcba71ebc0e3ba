// A picture of 16 × 16 numbers, with a minus wherever one is clearly negative.

import { html, put, svg } from "../shared/kit.js";
import { pixels } from "../shared/digits/desk.js";
import LIMITS from "../shared/digits/digits.json" with { type: "json" };

const SIDE = LIMITS.side;
const MARKED = 0.15; // from which on a minus is written

/** A picture with its name: `draw(numbers, colours, signed)`. */
export function picture(label) {
  const shown = pixels();
  const minus = svg("path", { class: "nnlib-minus" });
  const over = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" }, minus);
  const element = html(
    "div", { class: "nnlib-picture", role: "img", "aria-label": label }, shown.canvas, over);
  function draw(numbers, colours, signed = false) {
    shown.draw(signed ? numbers : numbers.map((value) => Math.max(0, value)), colours);
    let d = "";
    if (signed) {
      numbers.forEach((value, i) => {
        if (value < -MARKED) d += `M${(i % SIDE) + 0.25} ${Math.floor(i / SIDE) + 0.5}h.5`;
      });
    }
    put(minus, { d });
  }
  return { element, draw };
}

// The plane of the two adversaries: what D says everywhere, the real samples and the generated ones
// with their arrows, the bent grid, and a place to ask or to draw at. Chapter 14.

import LIMITS from "../adversaries.json" with { type: "json" };
import { draggable, html, inSlices, number, put, svg } from "../shared/kit.js";
import { scale, signedColours } from "../shared/plot.js";
import { contour } from "./contour.js";

const REACH = LIMITS.reach;
const SIZE = 320; // of the drawing, in its own units
const COARSE = 27; // places each way at which D is asked while things move
const FINE = 97; // and when they are still
const FAINT = 0.5; // share of the full colour where D is 0 or 1
const LEVELS = [[0, []], [Math.log(9), [2, 3]], [-Math.log(9), [2, 3]]]; // logits; their dashes
const LINES = 9; // of the grid of ξ, from −2 to 2, each way
const ALONG = 41; // points of a line
const PEN = 0.16; // between two dots of a stroke
const BLOB = [[0, 0], ...Array.from({ length: 6 }, (_, k) =>
  [0.2 * Math.cos((k * Math.PI) / 3), 0.2 * Math.sin((k * Math.PI) / 3)])];

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;
const rounded = (x) => Math.round(100 * Math.min(REACH, Math.max(-REACH, x))) / 100 + 0;

/** The places at which D is asked, row by row from the top; the outermost lie on the edge. */
function lattice(n) {
  const at = (k) => (2 * REACH * k) / (n - 1) - REACH;
  return Float64Array.from({ length: 2 * n * n }, (_, i) => {
    const place = i >> 1;
    return i % 2 ? -at(Math.floor(place / n)) : at(place % n);
  });
}
const PLACES = new Map([COARSE, FINE].map((n) => [n, lattice(n)]));

/** The lines of the grid of ξ, one after the other. */
const GRID = Float64Array.from({ length: 2 * 2 * LINES * ALONG }, (_, i) => {
  const point = i >> 1;
  const line = Math.floor(point / ALONG);
  const fixed = (4 * (line % LINES)) / (LINES - 1) - 2;
  const along = (4 * (point % ALONG)) / (ALONG - 1) - 2;
  return (i % 2 === 0) === (line < LINES) ? along : fixed;
});

/** Draw into the plane, and look into it.
 *
 * `ask(x, y)` hears where the ring is put, `add(dots)` of dots that were drawn; `own()` tells
 * whether the reader draws; `redraw` is asked for when the canvas has another size.
 */
export function plane({ where, ask, add, own, redraw }) {
  const px = scale(-REACH, REACH, 0, SIZE);
  const py = scale(-REACH, REACH, SIZE, 0);
  const field = html("canvas", { class: "nnlib-field", "aria-hidden": "true" });
  const marks = html("canvas", { class: "nnlib-drawn", "aria-hidden": "true" });
  const ground = field.getContext("2d");
  const pen = marks.getContext("2d");
  const stroke = svg("path", { class: "nnlib-stroke" });
  const cursor = svg(
    "g",
    { class: "nnlib-handle", tabindex: 0, role: "slider", "aria-label": "Place in the plane" },
    svg("circle", { r: 24, class: "nnlib-touch" }),
    svg("circle", { r: 9, class: "nnlib-halo" }),
    svg("circle", { r: 9, class: "nnlib-ring" }));
  put(cursor, { "aria-valuemin": -REACH, "aria-valuemax": REACH });
  const over = svg(
    "svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "group", "aria-label": "Plane" },
    stroke, cursor);
  const element = html("div", { class: "nnlib-plane" }, field, marks, over);

  let dots = null; // of the stroke that is being drawn
  const place = (event) => {
    const box = over.getBoundingClientRect();
    return [
      rounded((2 * REACH * (event.clientX - box.left)) / box.width - REACH),
      rounded(REACH - (2 * REACH * (event.clientY - box.top)) / box.height),
    ];
  };
  const addDot = (dot) => {
    const last = dots.at(-1);
    if (last && Math.hypot(dot[0] - last[0], dot[1] - last[1]) < PEN) return;
    dots.push(dot);
    put(stroke, {
      d: dots.map(([x, y]) => `M${px(x) - 3} ${py(y)}a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z`).join(""),
    });
  };
  // Before `draggable`, which moves the ring: who draws does not move it.
  over.addEventListener("pointerdown", (event) => {
    if (event.button || !own() || cursor.contains(event.target)) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    over.setPointerCapture(event.pointerId);
    dots = [];
    addDot(place(event));
  });
  over.addEventListener("pointermove", (event) => {
    if (!dots) return;
    for (const one of event.getCoalescedEvents?.() ?? []) addDot(place(one));
    addDot(place(event));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    over.addEventListener(end, () => {
      if (dots) add(dots);
      dots = null;
      put(stroke, { d: "" });
    });
  }
  over.addEventListener("click", (event) => own() && event.stopImmediatePropagation());
  draggable(over, cursor, (x, y) => ask(rounded(px.invert(x)), rounded(py.invert(y))));
  cursor.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const size = event.shiftKey ? 0.5 : 0.1;
    if (event.key in ways) {
      ask(...ways[event.key].map((way, i) => rounded(where()[i] + way * size)));
    } else if ((event.key === "Enter" || event.key === " ") && own()) {
      add(BLOB.map((off) => off.map((d, i) => rounded(where()[i] + d))));
    } else return;
    event.preventDefault();
  });

  let [width, tones, font] = [0, null, ""];
  let asked = null; // D's latest answers all over the plane, with the run and the step they are of
  const watcher = new ResizeObserver(([{ contentRect }]) => {
    ({ width } = contentRect);
    redraw();
  });
  watcher.observe(element);

  /** Take the colours of the page. */
  function paint(root) {
    const [signed, ink] = [signedColours(root), signedColours(root, ["ink", "quiet", "line"])];
    const shades = new Uint32Array(257);
    const bytes = new Uint8Array(shades.buffer);
    for (let i = 0; i <= 256; i++) bytes.set([...signed(FAINT * (i / 128 - 1)), 255], 4 * i);
    const [real, fake, paper] = [1, -1, 0].map((value) => css(signed(value)));
    font = `600 12px ${getComputedStyle(element).fontFamily}`;
    tones = { shades, real, fake, paper, ink: css(ink(0)), quiet: css(ink(1)) };
  }

  /** What D answers all over the plane: at many places, if `sharpen` has asked it there. */
  function answers(run) {
    if (asked?.run === run && asked.steps === run.steps) return asked;
    const logits = run.map.forward(PLACES.get(COARSE)).slice();
    asked = { run, steps: run.steps, n: COARSE, logits };
    return asked;
  }

  /** Ask D at many places, a few rows at a time, and call `done`. Returns how to stop. */
  function sharpen(run, done) {
    if (answers(run).n === FINE) return () => {}; // nothing has changed since
    const [places, logits] = [PLACES.get(FINE), new Float64Array(FINE * FINE)];
    const { steps } = run;
    return inSlices(FINE, (row) => {
      const some = places.subarray(2 * FINE * row, 2 * FINE * (row + 1));
      logits.set(run.map.forward(some), FINE * row);
    }, () => {
      if (run.steps !== steps) return; // D has learned in between; the next frame draws it anew
      asked = { run, steps, n: FINE, logits };
      done();
    });
  }

  /** Colour the ground by D. */
  function shade(logits, n, seen) {
    const image = new ImageData(n, n);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = tones.shades[seen ? Math.round(256 * sigmoid(logits[i])) : 128];
    }
    if (field.width !== n) {
      field.width = field.height = n;
      const [size, off] = [(100 * n) / (n - 1), -50 / (n - 1)];
      Object.assign(field.style, { width: `${size}%`, left: `${off}%`, top: `${off}%` });
    }
    ground.putImageData(image, 0, 0);
  }

  function line(colour, thick, dash = []) {
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.setLineDash(dash);
    pen.stroke();
  }

  /** A path of lines; a place beyond all bounds ends it. */
  function trace(points, first, count, to) {
    for (let i = first; i < first + count; i++) {
      const [x, y] = to(points[2 * i], points[2 * i + 1]);
      if (i === first) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
  }

  function draw(run, now, show) {
    if (!width) return;
    const sharp = Math.min(3, devicePixelRatio);
    const side = Math.round(sharp * width);
    if (marks.width !== side) marks.width = marks.height = side;
    const to = (x, y) => [((x + REACH) / (2 * REACH)) * width, ((REACH - y) / (2 * REACH)) * width];
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, width, width);
    const seen = show.includes("field");
    const { logits, n } = answers(run);
    shade(logits, n, seen);
    if (show.includes("grid")) {
      const bent = run.warp.forward(GRID);
      pen.beginPath();
      for (let k = 0; k < 2 * LINES; k++) trace(bent, k * ALONG, ALONG, to);
      line(tones.quiet, 0.8);
    }
    if (seen) {
      for (const [level, dash] of LEVELS) {
        pen.beginPath();
        for (const [a, b, c, d] of contour(logits, n, level)) {
          pen.moveTo(a * width, b * width);
          pen.lineTo(c * width, d * width);
        }
        line(tones.ink, level ? 0.7 : 1.6, dash);
      }
    }
    pen.beginPath();
    for (let i = 0; i < run.real.length; i += 2) {
      const [x, y] = to(run.real[i], run.real[i + 1]);
      pen.moveTo(x + 2.8, y);
      pen.arc(x, y, 2.8, 0, 2 * Math.PI);
    }
    pen.fillStyle = tones.real;
    pen.fill();
    line(tones.paper, 0.5);
    crosses(now.generated, to);
    if (show.includes("arrows") && now.arrows) arrows(now, to);
    if (seen) extremes(logits, n);
  }

  function crosses(points, to) {
    pen.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = to(points[i], points[i + 1]);
      pen.moveTo(x - 3.2, y - 3.2);
      pen.lineTo(x + 3.2, y + 3.2);
      pen.moveTo(x - 3.2, y + 3.2);
      pen.lineTo(x + 3.2, y - 3.2);
    }
    line(tones.ink, 2.8);
    line(tones.fake, 1.5);
  }

  /** Where each of some samples will be pushed: minus the gradient of its loss. */
  function arrows({ generated, arrows: pushes }, to) {
    pen.beginPath();
    for (let i = 0; i < 2 * LIMITS.arrows; i += 2) {
      const [dx, dy] = [pushes[i], pushes[i + 1]];
      const size = Math.hypot(dx, dy);
      const long = Math.min(LIMITS.longest, size);
      if (long < 0.02) continue;
      const [ux, uy] = [dx / size, dy / size];
      const [x, y] = [generated[i], generated[i + 1]];
      const tip = [x + ux * long, y + uy * long];
      const head = Math.min(0.1, 0.5 * long);
      pen.moveTo(...to(x, y));
      pen.lineTo(...to(...tip));
      for (const side of [0.6, -0.6]) {
        pen.moveTo(...to(...tip));
        pen.lineTo(...to(tip[0] - head * (ux - side * uy), tip[1] - head * (uy + side * ux)));
      }
    }
    line(tones.paper, 3);
    line(tones.ink, 1.3);
  }

  let marked = { high: 0, low: 0, n: 0 }; // where D's largest and smallest values are written

  /** Write D where it is largest and where it is smallest. The number stays where it is as long as
   * it is nearly true there: it would jump about. */
  function extremes(logits, n) {
    if (marked.n !== n) marked = { high: 0, low: 0, n };
    const edge = Math.ceil(n / 16);
    let { high, low } = marked;
    for (let row = edge; row < n - edge; row++) {
      for (let column = edge; column < n - edge; column++) {
        const at = row * n + column;
        if (sigmoid(logits[at]) > sigmoid(logits[high]) + 0.04) high = at;
        if (sigmoid(logits[at]) < sigmoid(logits[low]) - 0.04) low = at;
      }
    }
    marked = { high, low, n };
    pen.font = font;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const spot of high === low ? [high] : [high, low]) {
      const x = ((spot % n) / (n - 1)) * width;
      const y = (Math.floor(spot / n) / (n - 1)) * width;
      const text = `D = ${number(sigmoid(logits[spot]), 2, true)}`;
      const inside = (at, edge) => Math.min(width - edge, Math.max(edge, at));
      const place = [text, inside(x, 34), inside(y, 12)];
      pen.setLineDash([]);
      pen.lineWidth = 3.5;
      pen.strokeStyle = tones.paper;
      pen.strokeText(...place);
      pen.fillStyle = tones.ink;
      pen.fillText(...place);
    }
  }

  /** Put the ring, and say what is there. */
  function point(said) {
    const [x, y] = where();
    element.classList.toggle("nnlib-drawing", own());
    put(cursor, {
      transform: `translate(${px(x)} ${py(y)})`, "aria-valuenow": x.toFixed(2),
      "aria-valuetext": said,
    });
  }
  return { element, paint, draw, sharpen, point, stop: () => watcher.disconnect() };
}

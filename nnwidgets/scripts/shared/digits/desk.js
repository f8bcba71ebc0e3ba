// A desk to draw a digit on, for every widget whose network reads 16 × 16 pictures: paper, pen,
// eraser, Undo, Clear, pictures to load, by mouse, finger and keyboard. What is drawn is scaled and
// centred as the training pictures were.
//
//   const desk = drawingDesk({ model, samples: samplesOf(model), change: (now) => … });
//   const root = frame(el, "name", "What it is", desk.tools, desk.undo, desk.paper, …);
//   desk.start();                       // when its parts stand on the page
//   return () => desk.stop();
//
// The model holds `image`, 256 numbers from 0 to 1, row by row: what the network sees. The desk
// sets it with every stroke, tells Python at a stroke's end, and follows when another sets it. It
// has `_ink`, the grey levels beside paper, and may have `preparation`, a key of
// digits.json's preparations: without, drawings are centred and scaled.
//
// `samples` is a list of { label, picture }, of pictures to load; a picture is 256 numbers.
// `change` hears at most once a frame of every change, of the theme too, with
//   seen       what the network sees, 256 numbers
//   drawing    what is on the paper, before it is scaled and centred
//   place      how it was placed, { scale, dx, dy }, or null if it stays as it is
//   empty      whether the network sees nothing
//   sample     the sample that lies on the paper untouched, or undefined
//   changed    whether there is a picture under the strokes
//   where      the keyboard's cursor in words, after a key: "Row 3, column 8, ink. "
//   colours    from 0 (paper) to 1 (ink) to [red, green, blue], for `pixels().draw`
//
// The desk offers its parts, to be placed or left out, as elements: `paper`, `tools` (pen and
// eraser), `undo`, `clear`, `preparation` (a list, or null), `samples` (thumbnails). `next()` loads
// the next sample, `load(picture)` any picture (both can be undone), `reset()` brings back the
// first one; `now()` is what `change` heard last, and `refresh()` lets it hear that again, at the
// next frame: for what else the widget shows. Styles: sheet.css and samples.css, to be imported
// by the widget's own style sheet.

import LIMITS from "./digits.json" with { type: "json" };
import {
  button, choice, html, listen, oncePerFrame, onThemeChange, put, select, svg,
} from "../kit.js";
import { SIDE, read } from "./paper.js";
import { shade, signedColours } from "../plot.js";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MIDDLE = [SIDE / 2, SIDE / 2];

/** The pictures that came with a model's `_samples`, a byte a pixel, and `_labels`. */
export function samplesOf(model) {
  const view = model.get("_samples");
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return model.get("_labels").map((label, k) => {
    const part = bytes.subarray(k * SIDE * SIDE, (k + 1) * SIDE * SIDE);
    return { label, picture: Float64Array.from(part, (level) => level / model.get("_ink")) };
  });
}

/** A canvas of so many pixels along a side: `draw(numbers, colours)` shades it, row by row. */
export function pixels(attributes = {}, side = SIDE) {
  const canvas = html("canvas", { width: side, height: side, ...attributes });
  const draw = (numbers, colours) =>
    shade(canvas, (column, row) => numbers[row * side + column], colours);
  return { canvas, draw };
}

/** The paper: `begin`, `extend` and `end` hear of the pen, `key` of keys at the cursor's cell. */
function sheet({ begin, extend, end, key }) {
  const ink = pixels();
  const line = (_, i) => `M${i + 1} 0V${SIDE}M0 ${i + 1}H${SIDE}`;
  const lines = Array.from({ length: SIDE - 1 }, line).join("");
  const cursor = svg("rect", { width: 1, height: 1, class: "nnlib-cursor" });
  const grid = svg(
    "svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" },
    svg("path", { d: lines, class: "nnlib-cells" }), cursor);
  const label = `Paper, ${SIDE} × ${SIDE} cells: arrow keys move, Space draws, Delete erases`;
  const element = html(
    "div", { class: "nnlib-sheet", tabindex: 0, role: "application", "aria-label": label },
    ink.canvas, grid);
  let cell = MIDDLE;
  let drawing = null;

  const place = (event) => {
    const box = ink.canvas.getBoundingClientRect();
    const inside = (at, from, size) =>
      Math.min(SIDE - 0.01, Math.max(0, ((at - from) / size) * SIDE));
    return [inside(event.clientX, box.left, box.width), inside(event.clientY, box.top, box.height)];
  };
  const to = ([column, row]) => {
    cell = [column, row];
    put(cursor, { x: column, y: row });
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button || drawing !== null) return; // a second finger draws nothing
    drawing = event.pointerId;
    element.setPointerCapture(drawing);
    element.focus({ preventScroll: true });
    event.preventDefault();
    begin(place(event));
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const all = event.getCoalescedEvents?.() ?? [];
    extend((all.length ? all : [event]).map(place));
    to(place(event).map(Math.floor));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    element.addEventListener(name, (event) => {
      if (event.pointerId !== drawing) return;
      drawing = null;
      end();
    });
  }
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in MOVES) {
      to(MOVES[event.key].map((step, i) => Math.min(SIDE - 1, Math.max(0, cell[i] + step))));
      key("move", cell);
    } else if (event.key === " " || event.key === "Enter") key("draw", cell);
    else if (event.key === "Delete" || event.key === "Backspace") key("erase", cell);
    else return;
    event.preventDefault();
  });
  to(MIDDLE);
  return { element, draw: ink.draw, home: () => to(MIDDLE) };
}

/** A button for each sample; `draw` marks the one that is loaded. */
function thumbnails(samples, load) {
  const all = samples.map(({ label, picture }, k) => {
    const image = pixels({ "aria-hidden": "true" });
    const name = `Sample ${k + 1}, a ${label}`;
    const press = button("", () => load(k), { "aria-label": name, title: `a ${label}` });
    press.append(image.canvas);
    return { picture, image, press };
  });
  const attributes = { class: "nnlib-samples", role: "group", "aria-label": "Samples" };
  const element = html("div", attributes, ...all.map(({ press }) => press));
  let painted = null;
  const draw = (loaded, colours) => {
    if (!element.isConnected) return; // the widget does without
    for (const [k, { picture, image, press }] of all.entries()) {
      if (painted !== colours) image.draw(picture, colours);
      put(press, { "aria-pressed": String(k === loaded) });
    }
    painted = colours;
  };
  return { element, draw };
}

/** Whether two pictures are the same. */
const same = (a, b) => a.every((value, i) => Math.abs(value - b[i]) < 1e-9);

/** The desk, as the top of this file describes it. */
export function drawingDesk({ model, samples, change }) {
  const ways = model.get("preparation") !== undefined;
  const first = { image: model.get("image"), preparation: model.get("preparation") };
  let actions = []; // all that is on the paper
  let past = []; // the same before each stroke
  let tool = "pen";
  let current = null; // the stroke under the pen
  let where = ""; // the cursor in words, after a key
  let sent = null; // the picture that this view told the model
  let now = null;
  let colours = null;

  /** Put other actions in the place of those on the paper. */
  function act(next, undone = false) {
    if (!undone) past.push(actions);
    actions = next;
    where = "";
    tell(true);
  }

  /** Tell the model what the network sees; Python, if there is one, when a stroke ends. */
  function tell(save) {
    const centred = !ways || model.get("preparation") === "centred";
    now = read(actions, centred, model.get("_ink"));
    sent = Array.from(now.seen);
    model.set("image", sent);
    if (save) model.save_changes();
    redraw();
  }

  /** Begin anew with a picture on the paper. */
  function begin(picture) {
    past = [];
    const ink = Float64Array.from(picture);
    actions = ink.some((value) => value > 0) ? [{ picture: ink }] : [];
    where = "";
    tell(true);
  }

  /** Which sample lies on the paper untouched; −1 for none. */
  function loaded() {
    const picture = actions.length === 1 && actions[0].picture;
    return picture ? samples.findIndex((sample) => same(sample.picture, picture)) : -1;
  }

  const paper = sheet({
    begin(point) {
      current = tool === "pen" ? { line: [point] } : { erased: [point.map(Math.floor)] };
      act([...actions, current]);
    },
    extend(points) {
      if (actions.at(-1) !== current) return; // undone under the pen
      const { line, erased } = current;
      for (const [x, y] of points) {
        if (erased) erased.push(...cellsTo(erased.at(-1), [x, y].map(Math.floor)));
        else if (Math.hypot(x - line.at(-1)[0], y - line.at(-1)[1]) > 0.2) line.push([x, y]);
      }
      tell(false);
    },
    end: () => model.save_changes(),
    key(what, cell) {
      if (what === "draw") {
        const [x, y] = cell.map((i) => i + 0.5);
        const last = actions.at(-1)?.byKey ? actions.at(-1).line.at(-1) : null;
        const near = last && Math.hypot(x - last[0], y - last[1]) < 1.5;
        act([...actions, { line: near ? [last, [x, y]] : [[x, y]], byKey: true }]);
      } else if (what === "erase") act([...actions, { erased: [cell] }]);
      const inked = now.drawing[cell[1] * SIDE + cell[0]] >= 0.5 ? "ink" : "paper";
      where = `Row ${cell[1] + 1}, column ${cell[0] + 1}, ${inked}. `;
      redraw();
    },
  });
  const tools = choice({
    label: "Tool", options: { pen: "Pen", eraser: "Eraser" }, value: tool,
    change(next) {
      tool = next;
      redraw();
    },
  });
  const undo = button("Undo", () => past.length && act(past.pop(), true));
  const clear = button("Clear", () => actions.length && act([]));
  const preparation = ways && select({
    label: "Read", value: first.preparation,
    options: LIMITS.preparations,
    change(next) {
      model.set("preparation", next);
      model.save_changes();
    },
  });
  if (ways) preparation.list.setAttribute("aria-label", "How drawings are read");
  const load = (picture) => act([{ picture }]);
  const pictures = thumbnails(samples, (k) => k !== loaded() && load(samples[k].picture));

  function draw() {
    const k = loaded();
    const changed = actions.some((action) => action.picture);
    paper.draw(now.drawing, colours);
    tools.show(tool);
    if (ways) preparation.show(model.get("preparation"));
    undo.disabled = past.length === 0;
    pictures.draw(k, colours);
    now = { ...now, sample: samples[k], changed, where, colours };
    change(now);
  }
  const redraw = oncePerFrame(draw);
  const mix = () => (colours = signedColours(paper.element, ["paper", "ink", "ink"]));
  let stops = [];

  function start() {
    mix();
    stops = [
      listen(model, ["image"], () => {
        const picture = model.get("image");
        if (!same(picture, sent)) begin(picture); // from Python, or from another view
      }),
      listen(model, ["preparation"], () => tell(true)),
      onThemeChange(() => {
        mix();
        redraw();
      }),
    ];
    begin(first.image);
    draw();
  }

  return {
    paper: paper.element, tools: tools.element, undo, clear, samples: pictures.element,
    preparation: ways ? preparation.element : null,
    start, load,
    now: () => now,
    refresh: redraw,
    next: () => load(samples[(loaded() + 1) % samples.length].picture),
    reset() {
      tool = "pen";
      paper.home();
      if (ways) model.set("preparation", first.preparation);
      begin(first.image);
    },
    stop() {
      stops.forEach((stop) => stop());
      redraw.stop();
    },
  };
}

/** The cells from one (left out) to another, [column, row], in a straight line. */
function cellsTo([x, y], [u, v]) {
  const steps = Math.max(Math.abs(u - x), Math.abs(v - y));
  return Array.from({ length: steps }, (_, i) => {
    const t = (i + 1) / steps;
    return [Math.round(x + t * (u - x)), Math.round(y + t * (v - y))];
  });
}

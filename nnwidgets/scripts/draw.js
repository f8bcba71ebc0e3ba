// A digit to draw, and the trained network that reads it stroke by stroke. Chapter 1.

import LIMITS from "./draw.json" with { type: "json" };
import { Network, softmaxCrossEntropy } from "./shared/engine.js";
import {
  button, choice, frame, html, listen, live, number, oncePerFrame, onThemeChange, put, select, svg,
} from "./shared/kit.js";
import { doubt, percent } from "./draw/doubt.js";
import { SIDE, read } from "./draw/paper.js";
import { shade, signedColours } from "./shared/plot.js";

const CLASSES = LIMITS.classes;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MIDDLE = [SIDE / 2, SIDE / 2];

const bytesOf = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** The network with the weights that came along, and what it says to 256 numbers. */
function reader(model) {
  const network = new Network(SIDE * SIDE, [
    { units: model.get("_units"), activation: model.get("_activation") },
    { units: CLASSES },
  ]);
  const theta = model.get("_theta");
  network.theta.forEach((_, i) => (network.theta[i] = theta.getFloat32(4 * i, true)));
  const none = new Float64Array(CLASSES);
  return (picture) => {
    const logits = network.forward(picture);
    const p = new Float64Array(CLASSES);
    softmaxCrossEntropy(logits, none, 1, p); // its gradient p − t, for t = 0, is the softmax
    const order = Array.from(p.keys()).sort((i, j) => p[j] - p[i]);
    return { p, order, hidden: network.layers[0].y };
  };
}

/** The pictures to load: { label, picture }. */
function samplesOf(model) {
  const bytes = bytesOf(model.get("_samples"));
  return model.get("_labels").map((label, k) => {
    const part = bytes.subarray(k * SIDE * SIDE, (k + 1) * SIDE * SIDE);
    return { label, picture: Float64Array.from(part, (level) => level / model.get("_ink")) };
  });
}

/** A picture of as many pixels as the network has inputs. */
function pixels(attributes = {}) {
  const canvas = html("canvas", { width: SIDE, height: SIDE, ...attributes });
  const draw = (ink, colours) =>
    shade(canvas, (column, row) => ink[row * SIDE + column], colours);
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

/** The hidden units, the darker the more active; a dashed ring for less than 0. */
function units(count) {
  const columns = 8;
  const rows = Math.ceil(count / columns);
  const circles = Array.from({ length: count }, (_, i) =>
    svg("circle", { cx: 10 + 20 * (i % columns), cy: 10 + 20 * Math.floor(i / columns), r: 8 }));
  const element = svg(
    "svg",
    { viewBox: `0 0 ${20 * columns} ${20 * rows}`, class: "nnlib-hidden", "aria-hidden": "true" },
    ...circles);
  const draw = (a, largest) => {
    circles.forEach((circle, i) => {
      const opacity = Math.min(1, Math.abs(a[i]) / largest).toFixed(3);
      put(circle, { "fill-opacity": opacity, class: a[i] < 0 ? "nnlib-below" : "nnlib-above" });
    });
  };
  return { element, draw };
}

/** The ten outputs as bars; the most likely one is blue, bold and has an arrow. */
function outputs() {
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

/** In words: what it says, whether that is right, and what was done to the drawing. */
function report() {
  const answer = html("p", { class: "nnlib-answer" });
  const truth = html("p", { class: "nnlib-equation" });
  const spoken = live();
  const element = html("div", { class: "nnlib-report" }, answer, truth, spoken.element);

  function draw({ p, order }, { empty, place }, sample, changed, where) {
    const [first, second] = order;
    const part = (k) => `${k} (${percent(p[k], 0)})`;
    const says = `${part(first)}, then ${part(second)}`;
    answer.textContent = `${empty ? "The paper is empty. Still it says" : "It says"} ${says}`;
    truth.classList.toggle("nnlib-wrong", Boolean(sample) && sample.label !== first);
    if (empty) truth.textContent = "Draw a digit, or load a test picture.";
    else if (sample) {
      const right = sample.label === first ? "right ✓" : "wrong ✗";
      truth.textContent = `A test picture, labelled ${sample.label}: ${right}`;
    } else if (changed) truth.textContent = "A picture that you changed, read as it stands.";
    else if (place) {
      const size = number(100 * place.scale, 0);
      truth.textContent = `Scaled to ${size} % and centred first, as the training pictures were.`;
    } else truth.textContent = "Read as it stands: not scaled, not centred.";
    spoken.say(`${where}${answer.textContent}. ${truth.textContent}`);
  }
  return { element, draw, stop: spoken.stop };
}

/** Whether two pictures are the same. */
const same = (a, b) => a.every((value, i) => Math.abs(value - b[i]) < 1e-9);

export function render({ model, el }) {
  const first = { image: model.get("image"), preparation: model.get("preparation") };
  const answerTo = reader(model);
  const samples = samplesOf(model);
  const brief = model.get("part") === "answer";
  const activity = samples.flatMap(({ picture }) => answerTo(picture).hidden.map(Math.abs));
  const largest = Math.max(1e-9, ...activity.map((a) => Math.max(...a)));

  let actions = []; // all that is on the paper
  let past = []; // the same before each stroke
  let tool = "pen";
  let current = null; // the stroke under the pen
  let where = ""; // the cursor in words, after a key
  let sent = null; // the picture that this view told the model

  /** Put other actions in the place of those on the paper. */
  function act(next, undone = false) {
    if (!undone) past.push(actions);
    actions = next;
    where = "";
    tell(true);
  }

  /** Tell the model what the network sees; Python, if there is one, when a stroke ends. */
  function tell(save) {
    now = read(actions, model.get("preparation") === "centred", model.get("_ink"));
    sent = Array.from(now.seen);
    model.set("image", sent);
    if (save) model.save_changes();
    redraw();
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
  const clear = button("Clear", () => {
    if (actions.length) act([]);
    if (brief) paper.element.focus({ preventScroll: true }); // for the button hides
  });
  const preparation = select({
    label: "Read", value: first.preparation,
    options: LIMITS.preparations,
    change(next) {
      model.set("preparation", next);
      model.save_changes();
    },
  });
  preparation.list.setAttribute("aria-label", "How drawings are read");
  const reset = button("Reset", () => {
    tool = "pen";
    paper.home();
    model.set("preparation", first.preparation);
    start(first.image);
  });
  const thumbnails = samples.map(({ label, picture }, k) => {
    const image = pixels({ "aria-hidden": "true" });
    const press = () => samples[k] !== loaded() && act([{ picture }]);
    const name = `Test picture ${k + 1}, a ${label}`;
    return { image, press: button("", press, { "aria-label": name, title: `a ${label}` }) };
  });
  thumbnails.forEach(({ press, image }) => press.append(image.canvas));

  const seen = pixels();
  const hidden = units(model.get("_units"));
  const bars = outputs();
  const text = brief ? doubt() : report();
  const active = html("p", { class: "nnlib-caption" });
  const caption = (words) => html("p", { class: "nnlib-caption" }, words);
  const answers = html(
    "div", { class: "nnlib-answers" }, caption("Probability of each digit"), bars.element);
  const next = button("Show me one", () => {
    const shown = samples.indexOf(loaded());
    act([{ picture: samples[(shown + 1) % samples.length].picture }]);
  });
  const root = brief ? frame(
    el, "draw", "Draw a digit",
    html("div", { class: "nnlib-desk" }, paper.element, text.invitation),
    text.element, answers, html("div", { class: "nnlib-bar" }, next, clear),
  ) : frame(
    el, "draw", "Draw a digit",
    html(
      "div", { class: "nnlib-bar" }, tools.element, undo, clear, preparation.element, reset),
    html("div", { class: "nnlib-desk" }, caption("Draw here"), paper.element),
    text.element,
    html(
      "div", { class: "nnlib-samples", role: "group", "aria-label": "Test pictures" },
      ...thumbnails.map((one) => one.press)),
    html("div", { class: "nnlib-seen" }, caption("The network sees"), seen.canvas),
    html("div", { class: "nnlib-layer" }, active, hidden.element), answers);
  root.classList.toggle("nnlib-brief", brief);

  /** The sample that lies on the paper untouched. */
  function loaded() {
    const picture = actions.length === 1 && actions[0].picture;
    return picture ? samples.find((sample) => same(sample.picture, picture)) : undefined;
  }

  let now = null;
  let colours = signedColours(root, ["paper", "ink", "ink"]);
  function draw() {
    const answer = answerTo(now.seen);
    const sample = loaded();
    paper.draw(now.drawing, colours);
    seen.draw(now.seen, colours);
    hidden.draw(answer.hidden, largest);
    bars.draw(answer);
    text.draw(answer, now, sample, actions.some((action) => action.picture), where);
    root.classList.toggle("nnlib-blank", now.empty);
    if (brief) return;
    tools.show(tool);
    preparation.show(model.get("preparation"));
    undo.disabled = past.length === 0;
    const count = answer.hidden.filter((a) => a > 0).length;
    const silent = model.get("_activation") === "relu"; // other units are never quite silent
    active.textContent = silent ? `Hidden: ${count} active` : "Hidden units";
    thumbnails.forEach(({ press, image }, k) => {
      image.draw(samples[k].picture, colours);
      put(press, { "aria-pressed": String(samples[k] === sample) });
    });
  }
  const redraw = oncePerFrame(draw);

  /** Begin anew with a picture on the paper. */
  function start(picture) {
    past = [];
    const ink = Float64Array.from(picture);
    actions = ink.some((value) => value > 0) ? [{ picture: ink }] : [];
    where = "";
    tell(true);
  }

  const stops = [
    listen(model, ["image"], () => {
      const picture = model.get("image");
      if (!same(picture, sent)) start(picture); // from Python, or from another view
    }),
    listen(model, ["preparation"], () => tell(true)),
    onThemeChange(() => {
      colours = signedColours(root, ["paper", "ink", "ink"]);
      redraw();
    }),
  ];
  start(first.image);
  draw();
  return () => {
    stops.forEach((stop) => stop());
    redraw.stop();
    text.stop();
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

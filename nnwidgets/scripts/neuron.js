// One neuron with two inputs: sliders, the plane that it divides, the sum term by term, and the
// activation. Chapter 1.

import LIMITS from "./neuron.json" with { type: "json" };
import CHOICES from "./shared/choices.json" with { type: "json" };
import { Network } from "./shared/engine.js";
import {
  button, choice, draggable, follow, frame, html, live, named, number, put, select, settings,
  slider, svg, unique,
} from "./shared/kit.js";
import { chart } from "./shared/plot.js";

const [LOW, HIGH] = LIMITS.input; // and of the plane that is shown
const CORNERS = LIMITS.corners;
const RANGES = { sigmoid: [0, 1], tanh: [-1, 1], relu: [0, 4] };
const GATES = Object.keys(LIMITS.gates);
const NAMES = ["gate", "weights", "bias", "inputs", "activation"];

/** The neuron's values, and all that follows from them. */
function compute(model) {
  const state = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const network = new Network(2, [{ units: 1, activation: state.activation }]);
  network.theta.set([...state.weights, state.bias]);
  const sum = new Network(2, [{ units: 1 }]);
  sum.theta.set(network.theta);
  const terms = [...state.weights.map((w, i) => w * state.inputs[i]), state.bias];
  const targets = LIMITS.gates[state.gate].targets;
  const wrong = CORNERS.map((point, i) => sum.forward(point)[0] > 0 !== (targets[i] === 1));
  return {
    ...state, terms, targets, wrong,
    z: sum.forward(state.inputs)[0],
    a: network.forward(state.inputs)[0],
    at: (z) => {
      network.theta.set([1, 0, 0]);
      return network.forward([z, 0])[0];
    },
  };
}

/** The class that colours what is below zero, or not. */
function tone(value) {
  return value < 0 ? "nnlib-negative" : "nnlib-positive";
}

/** The plane: shading, the line z = 0, the gate's four points, and the input to drag. */
function plane(where, move) {
  const SIZE = 300;
  const EDGE = 26; // room for the axes' numbers
  const scale = (SIZE - EDGE) / (HIGH - LOW);
  const px = (x) => EDGE + (x - LOW) * scale;
  const py = (y) => SIZE - EDGE - (y - LOW) * scale;
  const names = { fill: unique(), clip: unique() };

  const stops = Array.from({ length: 25 }, (_, i) => svg("stop", { offset: i / 24 }));
  const inPixels = { id: names.fill, gradientUnits: "userSpaceOnUse" };
  const gradient = svg("linearGradient", inPixels, ...stops);
  const area = { x: EDGE, y: 0, width: SIZE - EDGE, height: SIZE - EDGE };
  const shade = svg("rect", { ...area, fill: `url(#${names.fill})` });
  const line = svg("line", { class: "nnlib-line", "clip-path": `url(#${names.clip})` });
  const arrow = svg("path", { class: "nnlib-arrow" });
  const yes = svg("text", { class: "nnlib-label" }, "yes");
  const marks = CORNERS.map(([x, y]) => {
    const path = svg("path", { class: "nnlib-mark" });
    const d = "M-14-14 14 14M14-14-14 14";
    const strokes = ["nnlib-halo", "nnlib-cross"].map((name) => svg("path", { class: name, d }));
    const cross = svg("g", {}, ...strokes);
    const group = svg("g", { transform: `translate(${px(x)} ${py(y)})` }, cross, path);
    return { group, path, cross };
  });
  const handle = svg(
    "g",
    {
      class: "nnlib-handle", tabindex: 0, role: "slider",
      "aria-label": "Input point; arrow keys move it",
    },
    svg("circle", { r: 24, class: "nnlib-touch" }),
    svg("circle", { r: 15, class: "nnlib-halo" }),
    svg("circle", { r: 15, class: "nnlib-ring" }),
  );
  put(handle, { "aria-valuemin": LOW, "aria-valuemax": HIGH });
  const ticks = [0, 1].flatMap((t) => [
    svg("text", { class: "nnlib-tick", x: px(t), y: SIZE - 9, "text-anchor": "middle" }, t),
    svg("text", { class: "nnlib-tick", x: EDGE - 8, y: py(t) + 4, "text-anchor": "end" }, t),
  ]);
  const axes = [
    svg("text", { class: "nnlib-axis", x: px(0.5), y: SIZE - 8, "text-anchor": "middle" }, "x₁"),
    svg("text", { class: "nnlib-axis", x: 4, y: py(0.5) + 4 }, "x₂"),
  ];
  const grid = [0, 1].map((t) =>
    svg("path", { class: "nnlib-grid", d: `M${px(t)} 0V${SIZE - EDGE}M${EDGE} ${py(t)}H${SIZE}` }));
  const defs = svg("defs", {}, gradient, svg("clipPath", { id: names.clip }, svg("rect", area)));
  const element = svg(
    "svg",
    {
      viewBox: `0 0 ${SIZE} ${SIZE}`, class: "nnlib-plane",
      role: "group", "aria-label": "Plane of the inputs",
    },
    defs, svg("rect", { ...area, class: "nnlib-paper" }), shade, ...grid, line, arrow, yes,
    ...ticks, ...axes, ...marks.map((mark) => mark.group), handle);

  draggable(element, handle, (x, y) => {
    move((x - EDGE) / scale + LOW, (SIZE - EDGE - y) / scale + LOW);
  });
  handle.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const size = event.shiftKey ? 0.5 : 0.1;
    move(...steps[event.key].map((s, i) => where()[i] + s * size));
  });

  function draw({ weights: [w1, w2], bias, inputs, targets, wrong, activation, at: f }) {
    const square = w1 * w1 + w2 * w2;
    const reach = 6; // the shading runs from z = −6 to 6
    stops.forEach((stop, i) => {
      const z = square ? (i / 12 - 1) * reach : bias;
      const a = activation === "sigmoid" ? 2 * f(z) - 1 : f(z);
      const opacity = (0.7 * Math.min(1, Math.abs(a))).toFixed(3);
      put(stop, { class: tone(z), "stop-opacity": opacity });
    });
    if (square) {
      const end = (z) => [px((w1 * (z - bias)) / square), py((w2 * (z - bias)) / square)];
      const [[x1, y1], [x2, y2]] = [end(-reach), end(reach)];
      put(gradient, { x1, y1, x2, y2 });
    }
    const segment = visible(w1, w2, bias);
    for (const one of [line, arrow, yes]) one.classList.toggle("nnlib-gone", !segment);
    if (segment) {
      const [[xa, ya], [xb, yb]] = segment.map(([x, y]) => [px(x), py(y)]);
      put(line, { x1: xa, y1: ya, x2: xb, y2: yb });
      const size = Math.sqrt(square);
      const [dx, dy] = [w1 / size, -w2 / size];
      // "yes" stands where it covers neither the input nor one of the four points.
      const near = [inputs, ...CORNERS].map(([x, y]) => [px(x), py(y)]);
      const free = ([x, y]) =>
        Math.min(...near.map(([u, v]) => Math.hypot(u - x - 38 * dx, v - y - 38 * dy)));
      const along = (t) => [xa + t * (xb - xa), ya + t * (yb - ya)];
      const places = [0.5, 0.35, 0.65, 0.2, 0.8].map(along);
      const roomiest = () => places.sort((p, q) => free(q) - free(p))[0];
      const [cx, cy] = places.find((place) => free(place) > 34) ?? roomiest();
      const [tx, ty] = [cx + 30 * dx, cy + 30 * dy];
      const barb = (side) => `${tx - 8 * dx - side * dy} ${ty - 8 * dy + side * dx}`;
      put(arrow, { d: `M${cx} ${cy}L${tx} ${ty}M${barb(5)}L${tx} ${ty}L${barb(-5)}` });
      put(yes, { x: cx + 44 * dx, y: cy + 44 * dy + 4, "text-anchor": "middle" });
    }
    marks.forEach(({ path, cross }, i) => {
      put(path, { d: targets[i] ? "M0-9 8.5 6.5H-8.5Z" : "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0Z" });
      cross.classList.toggle("nnlib-gone", !wrong[i]);
    });
    put(handle, {
      transform: `translate(${px(inputs[0])} ${py(inputs[1])})`,
      "aria-valuenow": inputs[0],
      "aria-valuetext": `x₁ = ${number(inputs[0])}, x₂ = ${number(inputs[1])}`,
    });
  }
  return { element, handle, draw };
}

/** The two ends of the line w·x + b = 0 within the plane, or null if it does not cross it. */
function visible(w1, w2, b) {
  const ends = [];
  const add = (x, y) => {
    const inside = Math.min(x, y) >= LOW - 1e-9 && Math.max(x, y) <= HIGH + 1e-9;
    if (inside && !ends.some(([u, v]) => Math.hypot(u - x, v - y) < 1e-6)) ends.push([x, y]);
  };
  for (const edge of [LOW, HIGH]) {
    if (w2) add(edge, -(b + w1 * edge) / w2);
    if (w1) add(-(b + w2 * edge) / w1, edge);
  }
  return ends.length === 2 ? ends : null;
}

/** The sum: one bar a term, each beginning where the last one ended. */
function sum() {
  const rows = ["w₁x₁", "w₂x₂", "b", "z"].map((name, i) => {
    const y = 14 + 34 * i;
    return {
      name, y,
      label: svg("text", { class: "nnlib-axis", x: 0, y: y + 12 }, name),
      value: svg("text", { class: "nnlib-value", x: 100, y: y + 12, "text-anchor": "end" }),
      bar: svg("rect", { y: y - 3, height: 22, rx: 2 }),
      link: svg("path", { class: "nnlib-link" }),
    };
  });
  const axis = svg("path", { class: "nnlib-grid" });
  const centred = { class: "nnlib-tick", y: 164, "text-anchor": "middle" };
  const ends = [0, 1, 2].map(() => svg("text", centred));
  const element = svg(
    "svg", { viewBox: "0 0 340 170", class: "nnlib-sum", "aria-hidden": "true" },
    axis, ...ends, ...rows.flatMap((row) => [row.label, row.value, row.bar, row.link]));

  function draw({ terms, z }, reach) {
    const px = (value) => 222 + (value / reach) * 108;
    put(axis, { d: `M${px(0)} 4V148M${px(-reach)} 148H${px(reach)}` });
    ends.forEach((end, i) => {
      put(end, { x: px((i - 1) * reach) });
      end.textContent = number((i - 1) * reach);
    });
    let from = 0;
    rows.forEach(({ value, bar, link, y }, i) => {
      const size = i < 3 ? terms[i] : z;
      const start = i < 3 ? from : 0;
      const [left, right] = [px(Math.min(start, start + size)), px(Math.max(start, start + size))];
      put(bar, { x: left, width: Math.max(right - left, 1.5), class: tone(size) });
      value.textContent = (size > 0 ? "+" : "") + number(size, 2, true);
      from = i < 3 ? start + size : from;
      put(link, { d: i < 3 ? `M${px(from)} ${y + 19}V${y + 31}` : "" });
    });
  }
  return { element, draw };
}

/** The activation: its curve over z, and where the neuron stands on it. */
function curve() {
  const axes = { x: { name: "z", low: -4, high: 4, ticks: 2 }, y: { low: 0, high: 1, ticks: 2 } };
  const graph = chart({ ...axes, height: 170, left: 34, bottom: 36 });
  const path = graph.curve();
  const guide = svg("path", { class: "nnlib-guide" });
  const dot = svg("circle", { r: 6, class: "nnlib-dot" });
  graph.element.append(guide, dot);

  function draw({ z, a, activation, at }, reach) {
    const [low, high] = activation === "relu" ? [0, reach] : RANGES[activation];
    const name = `a = ${CHOICES.activations[activation].symbol}(z)`;
    graph.range({ x: { low: -reach, high: reach }, y: { name, low, high } });
    const zs = Array.from({ length: 97 }, (_, i) => (i / 48 - 1) * reach);
    path.draw(zs, zs.map(at));
    put(guide, {
      d: `M${graph.x(z)} ${graph.y(low)}V${graph.y(a)}H${graph.x(-reach)}`,
    });
    put(dot, { cx: graph.x(z), cy: graph.y(a) });
  }
  return { element: graph.element, draw };
}

/** In words: the equation with its numbers, the answer, and how many points are right. */
function report() {
  const equation = html("p", { class: "nnlib-equation" });
  const answer = html("p", { class: "nnlib-answer" });
  const score = html("p", { class: "nnlib-score" });
  const spoken = live();
  const element = html("div", { class: "nnlib-report" }, equation, answer, score, spoken.element);
  let best = 0;
  let bestOf = "";

  function draw({ weights, inputs, bias, z, a, activation, gate, wrong }) {
    const shown = (x) => number(x, 3); // as the fields show it
    const factor = (x) => (shown(x).startsWith("−") ? `(${shown(x)})` : shown(x));
    const product = (w, x) => `${shown(w)}\u202f·\u202f${factor(x)}`;
    const plus = (text) => (text.startsWith("−") ? ` − ${text.slice(1)}` : ` + ${text}`);
    const first = product(weights[0], inputs[0]);
    const second = plus(product(weights[1], inputs[1]));
    const sum = number(z, 4);
    const [w1, w2, x1, x2, b] = [...weights, ...inputs, bias].map((x) => Number(x.toFixed(3)));
    const exact = Math.abs(w1 * x1 + w2 * x2 + b - Number(z.toFixed(4))) < 1e-9;
    equation.textContent = `z = ${first}${second}${plus(shown(bias))} ${exact ? "=" : "≈"} ${sum}`;
    const says = z > 0 ? "yes" : z < 0 ? "no" : "neither: it is on the line";
    const { symbol } = CHOICES.activations[activation];
    answer.textContent = `a = ${symbol}(${sum}) = ${number(a, 3)} → ${says}`;
    const right = wrong.filter((one) => !one).length;
    best = bestOf === gate ? Math.max(best, right) : right;
    bestOf = gate;
    score.textContent = `${gate}: ${right} of 4 right`;
    if (right === 4) score.textContent += " ✓";
    else if (gate === "XOR") score.textContent += ` (best so far ${best}). No line gets all four.`;
    else score.textContent += ". Move the line.";
    score.classList.toggle("nnlib-right", right === 4);
    spoken.say(`Output ${number(a, 3)}, ${says}. ${score.textContent}`);
  }
  return { element, draw, stop: spoken.stop };
}

export function render({ model, el }) {
  const { first, set } = settings(model, NAMES);
  const replaced = (pair, i, value) => pair.map((old, k) => (k === i ? value : old));
  const between = (x) => Math.min(HIGH, Math.max(LOW, Math.round(x * 20) / 20));

  const part = (label, name, values, i, range) => slider({
    label, name, ...range, value: model.get(values)[i],
    change: (value) => set({ [values]: replaced(model.get(values), i, value) }),
  });
  const ofInput = { range: LIMITS.input, step: 0.05 };
  const ofWeight = { range: LIMITS.weight, step: 0.1, tone: "nnlib-signed" };
  const xs = [0, 1].map((i) => part(`x${"₁₂"[i]}`, `Input x${i + 1}`, "inputs", i, ofInput));
  const ws = [0, 1].map((i) => part(`w${"₁₂"[i]}`, `Weight w${i + 1}`, "weights", i, ofWeight));
  const b = slider({
    label: "b", name: "Bias b", ...ofWeight, value: model.get("bias"),
    change: (bias) => set({ bias }),
  });

  const gates = choice({
    label: "Logic gate", options: Object.fromEntries(GATES.map((gate) => [gate, gate])),
    value: model.get("gate"),
    change: (gate) => {
      const { weights, bias } = LIMITS.gates[gate]; // for XOR three of four: no neuron gets more
      set({ gate, weights, bias });
    },
  });
  const activations = select({
    label: "f", options: named(CHOICES.activations),
    value: model.get("activation"),
    change: (activation) => set({ activation }),
  });
  activations.list.setAttribute("aria-label", "Activation f");
  const reset = button("Reset", () => {
    set(first);
    redraw();
  });

  const drag = (x, y) => set({ inputs: [between(x), between(y)] });
  const picture = plane(() => model.get("inputs"), drag);
  const bars = sum();
  const graph = curve();
  const text = report();
  frame(
    el, "neuron", "A neuron",
    html("div", { class: "nnlib-bar" }, gates.element, activations.element, reset),
    picture.element,
    text.element,
    html(
      "div", { class: "nnlib-sliders" },
      xs[0].element, ws[0].element, xs[1].element, ws[1].element, b.element),
    bars.element, graph.element);

  const draw = () => {
    const state = compute(model);
    const { weights, inputs, bias, terms } = state;
    [0, 1].forEach((i) => {
      xs[i].show(inputs[i]);
      ws[i].show(weights[i]);
    });
    b.show(bias);
    gates.show(state.gate);
    activations.show(state.activation);
    const ends = [terms[0], terms[0] + terms[1], state.z].map(Math.abs);
    const reach = [4, 8, 16, 32].find((size) => Math.max(...ends) <= size);
    bars.draw(state, reach);
    graph.draw(state, reach);
    text.draw(state);
    picture.draw(state);
  };
  const redraw = follow(model, NAMES, draw);
  return () => {
    redraw.stop();
    text.stop();
  };
}

// The playground: choose data, network and optimizer; train; look inside. All of Part I.

import LIMITS from "./playground.json" with { type: "json" };
import { Run } from "./playground/run.js";
import CHOICES from "./shared/choices.json" with { type: "json" };
import {
  button, choice, draggable, frame, html, listen, live, nextSeed, number, oncePerFrame,
  onThemeChange, player, put, select, settings, svg,
} from "./shared/kit.js";
import { chart, scale, shade, signedColours } from "./shared/plot.js";

const REACH = LIMITS.reach; // of the plane: −1.25 … 1.25 both ways
const GRID = 50; // the surface has so many cells each way
const CELLS = Float64Array.from({ length: 2 * GRID * GRID }, (_, i) => {
  const cell = Math.floor(i / 2);
  const at = (k) => ((k + 0.5) / GRID) * 2 * REACH - REACH;
  return i % 2 ? -at(Math.floor(cell / GRID)) : at(cell % GRID); // row 0 is at the top
});
const VALUES = [
  "data", "hidden", "optimizer", "learning_rate", "batch_size", "dropout", "weight_decay", "seed",
  "points",
];
const NUMBERS = ["learning_rate", "batch_size", "dropout", "weight_decay", "seed"];
const KINDS = Object.fromEntries(
  LIMITS.activations.map((key) => [key, CHOICES.activations[key].name]));
const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100];
const LOSS = "E = −(1/n) Σ ln p(right class)";
const RULES = {
  SGD: "θ ← θ − η g",
  Momentum: "v ← 0.9 v − 0.1 g,  θ ← θ + η v",
  Nesterov: "v ← 0.9 v − η g,  θ ← θ + 0.9 v − η g",
  RMSProp: "s ← 0.9 s + 0.1 g²,  θ ← θ − η g / (√s + ε)",
  Adam: "m, s: corrected averages of g and g²,  θ ← θ − η m / (√s + ε)",
};

/** The plane: the answer of the network everywhere, the samples, and a cursor for own points. */
function plane(add, where, moveTo) {
  const SIZE = 300;
  const px = scale(-REACH, REACH, 0, SIZE);
  const py = scale(-REACH, REACH, SIZE, 0);
  const canvas = html("canvas", { width: GRID, height: GRID, "aria-hidden": "true" });
  const marks = svg("g", {});
  const cursor = svg(
    "g",
    { class: "nnlib-handle", tabindex: 0, role: "slider", "aria-label": "Place of a new point" },
    svg("circle", { r: 24, class: "nnlib-touch" }),
    svg("circle", { r: 11, class: "nnlib-halo" }),
    svg("circle", { r: 11, class: "nnlib-ring" }));
  put(cursor, { "aria-valuemin": -REACH, "aria-valuemax": REACH });
  const over = svg(
    "svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "group", "aria-label": "Plane" }, marks, cursor);
  const element = html("div", { class: "nnlib-plane-stack" }, canvas, over);
  const place = (x, y) => moveTo(px.invert(x), py.invert(y));
  draggable(over, cursor, place);
  over.addEventListener("click", () => add());
  cursor.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const size = event.shiftKey ? 0.25 : 0.05;
    if (event.key in steps) moveTo(...steps[event.key].map((s, i) => where()[i] + s * size));
    else if (event.key === "Enter" || event.key === " ") add();
    else return;
    event.preventDefault();
  });

  function samples({ training, test }) {
    const one = (part, faint) => Array.from({ length: part?.n ?? 0 }, (_, i) => {
      const shape = part.y[i] ? "M0-5 4.6 3.6H-4.6Z" : "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z";
      const [x, y] = [px(part.x[2 * i]), py(part.x[2 * i + 1])];
      const transform = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
      const tone = part.y[i] ? "nnlib-negative" : "nnlib-positive";
      return svg("path", { d: shape, transform, class: `nnlib-sample ${tone} ${faint}` });
    });
    marks.replaceChildren(...one(test, "nnlib-test"), ...one(training, ""));
  }

  function draw(values, colours, own) {
    shade(canvas, (column, row) => 0.75 * values[row * GRID + column], colours);
    const at = where();
    cursor.classList.toggle("nnlib-gone", !own);
    put(cursor, {
      transform: `translate(${px(at[0])} ${py(at[1])})`, "aria-valuenow": at[0].toFixed(2),
      "aria-valuetext": `x₁ = ${number(at[0])}, x₂ = ${number(at[1])}`,
    });
  }
  return { element, samples, draw };
}

/** The network on a canvas: what each unit answers all over the plane, and the weights between. */
function units() {
  const [WIDTH, HEIGHT, SIDE] = [340, 250, 27];
  const canvas = html("canvas", { width: 2 * WIDTH, height: 2 * HEIGHT, "aria-hidden": "true" });
  const small = document.createElement("canvas");
  small.width = small.height = GRID;
  const context = canvas.getContext("2d");

  function draw(network, values, colours, ink) {
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    const columns = [2, ...network.layers.map((layer) => layer.nOut)];
    columns[columns.length - 1] = 1; // the two outputs are one answer
    const x = (k) => 18 + (k * (WIDTH - 36)) / (columns.length - 1);
    const y = (k, i) => (HEIGHT * (i + 0.5)) / columns[k];
    network.layers.forEach(({ W, nIn, nOut }, k) => {
      const last = k === network.layers.length - 1;
      const weight = (i, j) => (last ? W[2 * i] - W[2 * i + 1] : W[i * nOut + j]);
      for (let i = 0; i < nIn; i++) {
        for (let j = 0; j < columns[k + 1]; j++) {
          const w = weight(i, j);
          context.strokeStyle = `rgb(${colours(Math.sign(w))})`;
          context.setLineDash(w < 0 ? [5, 3] : []);
          context.lineWidth = 0.4 + 3.6 * Math.min(1, Math.abs(w) / 3);
          context.beginPath();
          context.moveTo(x(k) + SIDE / 2, y(k, i));
          context.lineTo(x(k + 1) - SIDE / 2, y(k + 1, j));
          context.stroke();
        }
      }
    });
    context.setLineDash([]);
    context.lineWidth = 1;
    context.strokeStyle = ink;
    columns.forEach((n, k) => {
      for (let i = 0; i < n; i++) {
        const value = k === 0 ? (c) => CELLS[2 * c + i] / REACH
          : k === columns.length - 1 ? (c) => values[c]
            : (c) => network.layers[k - 1].a[c * n + i] / network.scales[k - 1];
        shade(small, (column, row) => value(row * GRID + column), colours);
        const [left, top] = [x(k) - SIDE / 2, y(k, i) - SIDE / 2];
        context.drawImage(small, left, top, SIDE, SIDE);
        context.strokeRect(left, top, SIDE, SIDE);
      }
    });
  }
  const words = ["inputs", "hidden layers", "answer"].map((word) => html("span", {}, word));
  const legend = html("p", { class: "nnlib-legend" }, ...words);
  const element = html("div", { class: "nnlib-inside" }, canvas, legend);
  return { element, draw };
}

/** Training and test loss against the epochs. */
function losses() {
  const x = { name: "epochs", low: 0, high: 20, ticks: 4 };
  const y = { name: "loss", low: 0, high: 0.8, ticks: 4 };
  const graph = chart({ x, y, height: 190 });
  const training = graph.curve("nnlib-curve");
  const test = graph.curve("nnlib-curve nnlib-dashed");
  const legend = html(
    "p", { class: "nnlib-legend" },
    html("span", {}, "—— training"), html("span", {}, "- - - test"));
  const element = html("div", {}, graph.element, legend);
  function draw(history) {
    const last = Math.max(20, history.length - 1);
    const every = Math.ceil(history.length / 250);
    const at = history.map((_, n) => n).filter((n) => n % every === 0 || n === history.length - 1);
    const of = (part) => at.map((n) => history[n][part]?.loss ?? NaN);
    const [inner, outer] = [of("training"), of("test")];
    const highest = Math.max(0.8, ...[...inner, ...outer].filter(Number.isFinite));
    graph.range({ x: { high: last }, y: { high: Math.min(10, highest) } });
    training.draw(at, inner);
    test.draw(at, outer);
  }
  return { element, draw };
}

/** The settings and the number of updates as the part of an address behind #. */
function toLink(settings, updates) {
  const { hidden, points } = settings;
  const layers = hidden.map((layer) => layer.join(""));
  const plain = { ...settings, updates, hidden: layers, points: points.flat() };
  const parts = Object.entries(plain).map(([name, value]) => `${name}=${value}`);
  return `playground&${parts.join("&")}`;
}

/** What a link says; null if it is none of ours, an error if it is damaged. */
function fromLink(text) {
  if (!text.startsWith("#playground&")) return null;
  const said = new Map(text.slice(12).split("&").map((part) => part.split("=")));
  const plain = (name) => Number(said.get(name));
  const layers = said.get("hidden")?.split(",").filter(Boolean) ?? [];
  const flat = (said.get("points") ?? "").split(",").filter(Boolean).map(Number);
  const settings = {
    data: said.get("data"), optimizer: said.get("optimizer"),
    hidden: layers.map((layer) => [parseInt(layer, 10), layer.replace(/^\d+/, "")]),
    points: Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(3 * i, 3 * i + 3)),
  };
  for (const name of VALUES) settings[name] ??= plain(name);
  const within = (x, [low, high]) => x >= low && x <= high; // not if x is NaN
  const updates = plain("updates");
  const sound = [...LIMITS.data, LIMITS.own].includes(settings.data)
    && CHOICES.optimizers.includes(settings.optimizer) && settings.hidden.length <= LIMITS.layers
    && settings.hidden.every(([n, kind]) => within(n, LIMITS.units) && kind in KINDS)
    && NUMBERS.every((name) => within(settings[name], LIMITS[name]))
    && ["batch_size", "seed"].every((name) => Number.isInteger(settings[name]))
    && flat.length % 3 === 0 && settings.points.length <= LIMITS.points
    && settings.points.every(([x, y, kind]) =>
      [x, y].every((place) => within(place, [-REACH, REACH])) && (kind === 0 || kind === 1))
    && Number.isInteger(updates) && updates >= 0;
  if (!sound) throw new Error(text);
  return { settings, updates: Math.min(updates, 100000) };
}

export function render({ model, el }) {
  const { first, values: chosen, set } = settings(model, VALUES);
  const sets = model.get("sets");
  let run = new Run(chosen(), sets);
  let where = [0, 0];
  let word = "";

  const pick = (label, name, values, words = String) => {
    const all = values.includes(model.get(name)) ? values : [...values, model.get(name)];
    const options = Object.fromEntries(all.map((value) => [value, words(value)]));
    const change = (key) => set({ [name]: all.find((value) => String(value) === key) });
    const control = select({ label, options, value: String(model.get(name)), change });
    return { ...control, follow: () => control.show(String(model.get(name))) };
  };
  const rows = Array.from({ length: LIMITS.layers }, (_, k) => {
    const layer = () => model.get("hidden")[k] ?? [0, "tanh"];
    const change = () => {
      const hidden = [...model.get("hidden")];
      hidden[k] = [Number(width.list.value), kind.list.value];
      set({ hidden: hidden.filter((one) => one?.[0]) });
    };
    const numbers = [...Array(LIMITS.units[1] + 1).keys()];
    const widths = Object.fromEntries(numbers.map((n) => [n, n || "none"]));
    const width = select({ label: `Layer ${k + 1}`, options: widths, value: "0", change });
    const kind = select({ label: "", options: KINDS, value: "tanh", change });
    kind.list.setAttribute("aria-label", `Activation of layer ${k + 1}`);
    width.list.setAttribute("aria-label", `Units of layer ${k + 1}`);
    const element = html("div", { class: "nnlib-layer" }, width.element, kind.element);
    const follow = () => {
      width.show(String(layer()[0]));
      kind.show(layer()[1]);
      width.list.disabled = k > model.get("hidden").length;
      kind.list.disabled = layer()[0] === 0;
    };
    return { element, follow };
  });
  const controls = [
    pick("Data", "data", [...LIMITS.data, LIMITS.own], (name) =>
      (name === LIMITS.own ? "your points" : name)),
    pick("Optimizer", "optimizer", CHOICES.optimizers),
    pick("Learning rate", "learning_rate", RATES),
    pick("Batch size", "batch_size", [1, 5, 10, 25, 50, 200]),
    pick("Dropout", "dropout", [0, 0.1, 0.2, 0.5]),
    pick("Weight decay", "weight_decay", [0, 0.0001, 0.001, 0.01, 0.1]),
  ];

  let kind = 0;
  const kinds = choice({
    label: "Class of your next point", options: { a: "● class 0", b: "▲ class 1" }, value: "a",
    change: (key) => {
      kind = key === "a" ? 0 : 1;
      kinds.show(key);
    },
  });
  const clear = button("Clear points", () => set({ points: [] }));
  const add = () => {
    const points = model.get("points");
    if (model.get("data") !== LIMITS.own || points.length >= LIMITS.points) return;
    set({ points: [...points, [...where, kind]] });
  };
  const moveTo = (...place) => {
    where = place.map((x) => Math.round(100 * Math.min(1.2, Math.max(-1.2, x))) / 100);
    redraw();
  };

  const after = (going) => {
    redraw();
    return going;
  };
  const train = player({
    advance: () => after(run.epoch()), step: () => after(run.update()),
    words: ["Train", "Pause", "One update"],
  });
  const restart = () => {
    train.pause();
    run = new Run(chosen(), sets);
    word = "";
    picture.samples(run);
    redraw();
  };
  const epoch = button("One epoch", () => {
    train.pause();
    after(run.epoch());
  });
  const seed = button("", () => set({ seed: nextSeed(model.get("seed"), LIMITS.seed) }));
  const reset = button("Reset", () => {
    copyLink.textContent = "Copy link";
    copyCode.textContent = "Copy code";
    kind = 0;
    kinds.show("a");
    where = [0, 0];
    set(first);
    restart();
  });

  const picture = plane(add, () => where, moveTo);
  const inside = units();
  const graph = losses();
  const lines = Array.from({ length: 4 }, () => html("p", { class: "nnlib-equation" }));
  lines[0].className = "nnlib-answer";
  const rules = [0, 1].map(() => html("p", { class: "nnlib-quiet" }));
  const link = html("input", { type: "text", readonly: true, "aria-label": "Link to this state" });
  const copy = (text) => async (event) => {
    const pressed = event.currentTarget;
    const label = pressed.textContent;
    const done = await navigator.clipboard?.writeText(text()).then(() => true, () => false);
    pressed.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (pressed.textContent = label), 1500);
  };
  const copyLink = button("Copy link", copy(() => link.value));
  const code = html("code", {});
  const copyCode = button("Copy code", copy(() => code.textContent));
  const python = html(
    "div", { class: "nnlib-python" },
    html("p", {}, "The same in Python, up to the last whole epoch:"),
    html("pre", { tabindex: 0, role: "region", "aria-label": "Python code" }, code), copyCode);
  const spoken = live();
  frame(
    el, "playground", "Playground: train a small network",
    html("div", { class: "nnlib-bar" }, train.element, epoch, seed, reset),
    picture.element,
    html("div", { class: "nnlib-report" }, ...lines, spoken.element),
    html("div", { class: "nnlib-grid-of-settings" }, ...controls.map((one) => one.element)),
    html("div", { class: "nnlib-layers" }, ...rows.map((row) => row.element)),
    html("div", { class: "nnlib-own" }, kinds.element, clear),
    inside.element, graph.element,
    html("div", { class: "nnlib-formulas" }, ...rules),
    html("div", { class: "nnlib-link" }, link, copyLink), python);

  const draw = () => {
    const network = run.look(GRID * GRID);
    const output = network.forward(CELLS);
    const values = Float64Array.from({ length: GRID * GRID }, (_, c) =>
      Math.tanh((output[2 * c] - output[2 * c + 1]) / 2)); // p(class 0) − p(class 1)
    const largest = (a) => a.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    network.scales = network.layers.map(({ a }) => largest(a));
    const colours = signedColours(el.firstChild);
    const own = model.get("data") === LIMITS.own;
    if (!run.diverged) {
      picture.draw(values, colours, own);
      inside.draw(network, values, colours, getComputedStyle(el.firstChild).color);
    }
    graph.draw(run.history);
    for (const control of [...controls, ...rows]) control.follow();
    seed.textContent = `New weights (seed ${model.get("seed")})`;
    clear.disabled = !own || !model.get("points").length;
    for (const one of kinds.element.children) one.disabled = !own;
    const { training, test } = run.history.at(-1);
    const say = (name, part) => (part
      ? `${name} loss ${number(part.loss, 4, true)}, ${number(100 * part.right, 1)} % right`
      : `${name}: no data`);
    lines[0].textContent = `Epoch ${run.epochs}, update ${run.updates}`;
    lines[1].textContent = say("training", training);
    lines[2].textContent = say("test", test);
    const hint = own && !training ? "Click into the plane: each click adds a point." : "";
    const wild = training?.loss > 2 ? "It diverges: guessing has a loss of 0.69." : "";
    lines[3].textContent = run.diverged || word || wild || hint;
    rules[0].textContent = `Loss: ${LOSS}`;
    const decay = model.get("weight_decay");
    const g = decay ? `,  g = ∂E/∂θ + ${decay} θ for weights` : ",  g = ∂E/∂θ";
    const eta = model.get("learning_rate");
    rules[1].textContent = `Update: ${RULES[model.get("optimizer")]}${g},  η = ${eta}`;
    if (!train.playing()) {
      link.value = `${location.href.split("#")[0]}#${toLink(chosen(), run.updates)}`;
      code.textContent = run.python();
    }
    spoken.say(train.playing() ? "Training" : lines.map((line) => line.textContent).join(". "));
  };
  const redraw = oncePerFrame(draw);
  const stops = [listen(model, VALUES, restart), onThemeChange(redraw)];

  const open = () => {
    try {
      const said = fromLink(location.hash);
      if (!said) return;
      set(said.settings);
      restart();
      while (run.updates < said.updates && run.update());
    } catch {
      word = "This link is damaged, so here is the beginning.";
    }
    redraw();
  };
  addEventListener("hashchange", open);
  picture.samples(run);
  open();
  draw();
  return () => {
    train.pause();
    removeEventListener("hashchange", open);
    for (const stop of stops) stop();
    redraw.stop();
    spoken.stop();
  };
}

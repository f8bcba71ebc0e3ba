// Counting, in two parts: the parameters of a network that is built layer by layer, and the
// iterations of a training whose data are cut into batches. Chapter 6.
//
// The counts follow from the widths alone: the engine would lay out up to 168 million numbers.

import LIMITS from "./counting.json" with { type: "json" };
import {
  button, choice, frame, html, listen, live, number, oncePerFrame, put, select, setText,
  settings, slider, svg, thousands,
} from "./shared/kit.js";
import { diagram } from "./shared/plot.js";

const MAX_LAYERS = LIMITS.layers[1];
const MAX_UNITS = LIMITS.units[1];
const MAX_SAMPLES = LIMITS.samples[1];
const VISIBLE = 8; // units drawn of a column
const BATCHES = 64; // drawn one by one; of more, the first and the last few
const TENS = [1, 2, 3, 4, 5, 6, 8];
const UNITS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 100, 128, 160, 200, 256,
  320, 400, 512, 640, 800, 1024, 1280, 1600, 2048, 2560, 3200, MAX_UNITS];
const SAMPLES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6]
  .flatMap((ten) => TENS.map((factor) => factor * ten)).concat(MAX_SAMPLES);
const SIZES = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1000, 1024,
  2000, 2048, 4096, 10000, 1e5, 1e6, MAX_SAMPLES];
const EPOCHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300,
  500, LIMITS.epochs[1]];

const NETWORKS = {
  one: {
    words: "Deck, 1 layer",
    widths: [100, 100],
    note: "Slide 30, if the layer reads 100 numbers, and each neuron has its own bias.",
  },
  ten: {
    words: "Deck, 10 layers",
    widths: Array(11).fill(100),
    note: "Slide 30, under an assumption left unsaid: the input has 100 numbers as well.",
  },
  digits: {
    words: "Digits",
    widths: [256, 64, 10],
    note: "Chapter 1: 16 × 16 pixels, 64 hidden units, and a unit for each of the 10 digits.",
  },
};
const TRAININGS = {
  even: { words: "1,000 in 50s", samples: 1000, batch_size: 50, epochs: 10 },
  odd: { words: "1,000 in 32s", samples: 1000, batch_size: 32, epochs: 10 },
  few: { words: "22 in 5s", samples: 22, batch_size: 5, epochs: 2 },
};

/** Write a quotient to two decimals, and say whether more were cut off. */
function quotient(x) {
  const cut = Math.round(x * 100) / 100;
  const decimals = number(cut % 1).slice(1);
  const sign = Math.abs(cut - x) > 1e-9 * x ? "≈" : "=";
  return `${sign} ${thousands(Math.floor(cut))}${decimals}`;
}

/** `one` or `many` of something, with its number. */
function several(n, one, many = `${one}s`) {
  return `${thousands(n)} ${n === 1 ? one : many}`;
}

/** The parameters of each layer: weights, biases, and both. */
function countParameters(widths, bias) {
  const layers = widths.slice(1).map((nOut, k) => {
    const weights = widths[k] * nOut;
    const biases = bias ? nOut : 0;
    return { nIn: widths[k], nOut, weights, biases, count: weights + biases };
  });
  return { layers, total: layers.reduce((sum, { count }) => sum + count, 0) };
}

/** The batches of an epoch: how many are full, what is left, and the steps that this makes. */
function cutEpoch(samples, size, drop) {
  const full = Math.floor(samples / size);
  const rest = samples % size;
  return { full, rest, steps: full + (rest && !drop ? 1 : 0) };
}

/** The network: at most eight units of a column, its true number below. `choose(k)` on a press. */
function architecture(choose) {
  const [width, height] = [340, 214];
  const element = html("div", { class: "nnlib-network", "aria-hidden": "true" });
  let columns = 0;
  let drawn = "";
  let numbers = []; // below the columns
  element.addEventListener("click", (event) => {
    const box = element.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * (columns - 1);
    choose(Math.min(columns - 1, Math.max(0, Math.round(place))));
  });

  function draw(widths, layer) {
    const shown = widths.map((n) => (n > VISIBLE ? VISIBLE + 1 : n)); // one more, for the dots
    const key = `${shown} ${layer}`;
    if (key !== drawn) build(widths, shown, layer);
    drawn = key;
    numbers.forEach((text, k) => setText(text, thousands(widths[k])));
  }

  function build(widths, shown, layer) {
    columns = widths.length;
    const cut = (k) => widths[k] > VISIBLE;
    const middle = VISIBLE / 2;
    const radius = columns > 7 ? 8 : 10;
    const { element: picture, units, edges } = diagram({ widths: shown, width, height, radius });
    edges.forEach((from, k) => from.forEach((to, i) => to.forEach((edge, j) => {
      const hidden = (cut(k) && i === middle) || (cut(k + 1) && j === middle);
      edge.classList.toggle("nnlib-gone", hidden);
      edge.classList.toggle("nnlib-chosen", k + 1 === layer);
    })));
    numbers = units.map((column, k) => {
      column.forEach(({ group }) => group.classList.toggle("nnlib-chosen", k === layer));
      if (cut(k)) {
        column[middle].circle.remove();
        setText(column[middle].text, "⋮");
      }
      const lower = columns > 7 && k % 2 ? 16 : 0; // neighbours' numbers must not touch
      const chosen = k === layer ? "nnlib-chosen" : "";
      const place = { x: column[0].x, "text-anchor": "middle", class: `nnlib-value ${chosen}` };
      const name = { ...place, class: `nnlib-tick ${chosen}`, y: -8 };
      const count = svg("text", { ...place, y: height + 16 + lower });
      picture.append(count, svg("text", name, k ? k : "in"));
      return count;
    });
    put(picture, { viewBox: `-8 -20 ${width + 16} ${height + 56}` });
    element.replaceChildren(picture);
  }
  return { element, draw };
}

/** The table: one row a layer, its count with the numbers, and a bar for its share. */
function layerTable() {
  const rows = Array.from({ length: MAX_LAYERS }, (_, k) => {
    const [sum, count] = ["product", "count"].map((name) => html("td", { class: `nnlib-${name}` }));
    const bar = html("i", { class: "nnlib-share" });
    const head = html("th", { scope: "row" }, bar, k + 1);
    return { row: html("tr", {}, head, sum, count), sum, count, bar };
  });
  const head = html(
    "tr", {}, ...["Layer", "Weights + biases", "Parameters"].map((words) =>
      html("th", { scope: "col" }, words)));
  const all = html("td", { class: "nnlib-count" });
  const foot = html("tr", {}, html("th", { scope: "row", colspan: 2 }, "All layers"), all);
  const table = html(
    "table", {}, html("thead", {}, head), html("tbody", {}, ...rows.map(({ row }) => row)),
    html("tfoot", {}, foot));
  const element = html("div", { class: "nnlib-counts" }, table);

  function draw({ layers, total }, layer) {
    rows.forEach(({ row, sum, count, bar }, k) => {
      row.classList.toggle("nnlib-gone", k >= layers.length);
      row.classList.toggle("nnlib-chosen", k + 1 === layer);
      if (k >= layers.length) {
        for (const cell of [sum, count]) setText(cell, "");
        return;
      }
      const { nIn, nOut, biases } = layers[k];
      const plus = biases ? ` + ${thousands(biases)}` : "";
      setText(sum, `${thousands(nIn)} × ${thousands(nOut)}${plus}`);
      setText(count, thousands(layers[k].count));
      bar.style.width = `${(100 * layers[k].count) / total}%`;
    });
    setText(all, thousands(total));
  }
  return { element, draw };
}

/** The part "parameters": build a network, and count. Returns what to draw, and the parts. */
function parametersPart(model, set, reset) {
  const widths = () => model.get("widths");
  const chosen = () => Math.min(model.get("layer"), widths().length - 1);
  const resize = (n) => set({ widths: widths().map((old, k) => (k === chosen() ? n : old)) });
  const preset = () => Object.keys(NETWORKS).find((key) =>
    model.get("bias") && NETWORKS[key].widths.join() === widths().join());
  const words = Object.entries(NETWORKS).map(([key, network]) => [key, network.words]);

  const networks = choice({
    label: "Network", value: "", change: (key) =>
      set({ widths: [...NETWORKS[key].widths], bias: true, layer: 1 }),
    options: Object.fromEntries(words),
  });
  const biases = choice({
    label: "Biases", options: { with: "Biases", without: "No biases" }, value: "",
    change: (key) => set({ bias: key === "with" }),
  });
  const layers = select({
    label: "Change", options: {}, value: "0", change: (key) => set({ layer: Number(key) }),
  });
  layers.list.setAttribute("aria-label", "Layer to change");
  // Asked again at each press: several come between two frames, before a button looks disabled.
  const may = {
    half: () => widths()[chosen()] > 1,
    twice: () => 2 * widths()[chosen()] <= MAX_UNITS,
    add: () => widths().length <= MAX_LAYERS,
    remove: () => chosen() > 0 && widths().length > 2,
  };
  const half = button("Half", () => may.half() && resize(Math.floor(widths()[chosen()] / 2)));
  const twice = button("Double", () => may.twice() && resize(2 * widths()[chosen()]));
  const add = button("Add a layer", () => {
    if (!may.add()) return;
    const [old, k] = [widths(), chosen()];
    set({ widths: [...old.slice(0, k + 1), old[k], ...old.slice(k + 1)], layer: k + 1 });
  });
  const remove = button("Remove it", () => {
    if (!may.remove()) return;
    const [old, k] = [widths(), chosen()];
    set({ widths: old.filter((_, i) => i !== k), layer: Math.min(k, old.length - 2) });
  });
  const units = slider({
    label: "units", name: "Units of the chosen layer", range: LIMITS.units, stops: UNITS,
    whole: true, value: widths()[chosen()], change: resize,
  });
  const picture = architecture((layer) => set({ layer }));
  const table = layerTable();
  const answer = html("p", { class: "nnlib-answer" });
  const note = html("p", { class: "nnlib-note" });
  const rule = html("p", { class: "nnlib-rule" });

  function draw() {
    const [all, layer, bias] = [widths(), chosen(), model.get("bias")];
    const count = countParameters(all, bias);
    const key = preset();
    networks.show(key);
    biases.show(bias ? "with" : "without");
    if (layers.list.options.length !== all.length) {
      layers.list.replaceChildren(...all.map((_, k) =>
        html("option", { value: k }, k ? `layer ${k}` : "inputs")));
    }
    layers.show(String(layer));
    units.show(all[layer]);
    half.disabled = !may.half();
    twice.disabled = !may.twice();
    add.disabled = !may.add();
    remove.disabled = !may.remove();
    picture.draw(all, layer);
    table.draw(count, layer);
    const [P, L] = [several(count.total, "parameter"), several(all.length - 1, "layer")];
    setText(answer, `${P} in ${L}`);
    setText(note, key ? NETWORKS[key].note : "A network of your own.");
    const [low, high] = [10, 30].map((times) => thousands(times * count.total));
    setText(rule, `The deck's rule (slide 33), 10 to 30 examples for each parameter, `
      + `asks for ${low} to ${high} examples. Chapter 7 tests this rule and shows where it fails.`);
    const name = layer ? `Layer ${layer}` : "Inputs";
    return `${name}: ${several(all[layer], "unit")}. ${answer.textContent}.`;
  }

  const parts = [
    html("div", { class: "nnlib-bar" }, networks.element, biases.element, reset),
    html(
      "div", { class: "nnlib-edit" },
      html("div", { class: "nnlib-tools" }, layers.element, half, twice, add, remove),
      units.element),
    picture.element,
    html("div", { class: "nnlib-report" }, answer, note, rule),
    table.element,
  ];
  return { parts, draw };
}

/** An epoch as a bar, cut into its batches; of many, the first and the last few. */
function epochBar() {
  const bar = html("div", { class: "nnlib-epoch" });
  const [from, to] = [html("span"), html("span")];
  const element = html(
    "div", { class: "nnlib-batches", "aria-hidden": "true" },
    bar, html("div", { class: "nnlib-ends" }, from, to));

  function draw({ full, rest, steps }, size, drop) {
    const n = full + (rest ? 1 : 0);
    const many = n > BATCHES;
    const piece = (i) => {
      const last = rest && i === n - 1;
      const name = last ? (drop ? "nnlib-dropped" : "nnlib-rest") : "nnlib-full";
      const one = html("i", { class: name }, n <= 12 && !(last && drop) ? i + 1 : "");
      one.style.flexGrow = last ? rest / size : 1;
      return one;
    };
    const range = (start, end) => Array.from({ length: end - start }, (_, i) => piece(start + i));
    bar.replaceChildren(...(many
      ? [...range(0, 12), html("b", {}, `… ${thousands(n - 15)} more …`), ...range(n - 3, n)]
      : range(0, n)));
    bar.classList.toggle("nnlib-thin", n > 24);
    setText(from, steps ? "iteration 1" : "");
    const samples = several(rest || size, "sample");
    setText(to, rest && drop ? `${several(rest, "sample")} left out`
      : n > 1 ? `iteration ${thousands(steps)}: ${samples}` : samples);
  }
  return { element, draw };
}

/** The part "iterations": cut the data into batches, and count the steps. */
function iterationsPart(model, set, reset) {
  const NAMES = { samples: "data set size", batch_size: "batch size", epochs: "epochs" };
  const { samples, epochs } = LIMITS;
  const limits = { samples, batch_size: samples, epochs };
  const stops = { samples: SAMPLES, batch_size: SIZES, epochs: EPOCHS };
  const sliders = Object.keys(NAMES).map((name) => [name, slider({
    label: NAMES[name], name: NAMES[name][0].toUpperCase() + NAMES[name].slice(1),
    range: limits[name], stops: stops[name], whole: true, value: model.get(name),
    change: (value) => set({ [name]: value }),
  })]);
  const values = () => Object.keys(NAMES).map((name) => model.get(name));
  const words = Object.entries(TRAININGS).map(([key, training]) => [key, training.words]);
  const trainings = choice({
    label: "Example", value: "", change: (key) => {
      const { samples, batch_size, epochs } = TRAININGS[key];
      set({ samples, batch_size, epochs });
    },
    options: Object.fromEntries(words),
  });
  const rests = choice({
    label: "What is left over", options: { keep: "Keep the rest", drop: "Drop it" }, value: "",
    change: (key) => set({ drop_last: key === "drop" }),
  });
  const bar = epochBar();
  const lines = ["answer", "equation", "cut", "spans", "deck"].map((name) =>
    html("p", { class: `nnlib-${name}` }));
  const [answer, equation, batches, spans, deck] = lines;

  function draw() {
    const [N, B, epochs] = values();
    const drop = model.get("drop_last");
    const cut = cutEpoch(N, B, drop);
    const { full, rest, steps } = cut;
    const total = steps * epochs;
    const [n, b, e, s] = [N, B, epochs, steps].map(thousands);
    sliders.forEach(([name, one]) => one.show(model.get(name)));
    trainings.show(Object.keys(TRAININGS).find((key) =>
      Object.keys(NAMES).every((name) => TRAININGS[key][name] === model.get(name))));
    rests.show(drop ? "drop" : "keep");
    bar.draw(cut, B, drop);
    const [open, close] = drop ? "⌊⌋" : "⌈⌉";
    const each = `${open}${n} / ${b}${close}`;
    setText(equation, `${each} × ${e} = ${s} × ${e} = ${thousands(total)}`);
    setText(answer, `${several(steps, "iteration")} per epoch, ${thousands(total)} in all`);
    const left = !rest ? "Nothing is left over."
      : drop ? `${several(rest, "sample")} of each epoch ${rest === 1 ? "is" : "are"} left out.`
        : full ? `The last batch is smaller: ${several(rest, "sample")}.`
          : `The only batch is smaller: ${several(rest, "sample")}.`;
    setText(batches, full
      ? `${several(full, "batch", "batches")} of ${several(B, "sample")}. ${left}`
      : `No batch is full. ${left}`);
    const pair = (k) => (steps === 1 ? thousands(k * steps)
      : `${thousands((k - 1) * steps + 1)} to ${thousands(k * steps)}`);
    setText(spans, !steps ? "There is no step at all: nothing is learnt."
      : `Epoch 1: iteration${steps === 1 ? "" : "s"} ${pair(1)}.`
        + (epochs > 1 ? ` Epoch ${e}: ${pair(epochs)}.` : ""));
    const product = `${s} × ${b} = ${thousands(steps * B)}`;
    const formula = `${n} / ${b} × ${e} ${quotient((N / B) * epochs)}`;
    setText(deck, rest
      ? `The deck's formulas (slide 36) need a batch size that divides the data: here, ${product} `
        + `is not ${n}, and ${formula} is not ${thousands(total)}.`
      : `The deck's formulas (slide 36) agree: ${product}, and ${formula}.`);
    return `${answer.textContent}. ${batches.textContent}`;
  }

  const parts = [
    html("div", { class: "nnlib-bar" }, trainings.element, rests.element, reset),
    html("div", { class: "nnlib-sliders" }, ...sliders.map(([, one]) => one.element)),
    bar.element,
    html("div", { class: "nnlib-report" }, ...lines),
  ];
  return { parts, draw };
}

const PARTS = {
  parameters: {
    build: parametersPart, label: "Parameters of a network", names: ["widths", "bias", "layer"],
  },
  iterations: {
    build: iterationsPart, label: "Iterations, batches and epochs",
    names: ["samples", "batch_size", "epochs", "drop_last"],
  },
};

export function render({ model, el }) {
  const names = Object.values(PARTS).flatMap((part) => part.names);
  const { first, set } = settings(model, names);
  let draw = () => {};
  const spoken = live();
  const build = () => {
    const { build: make, label, names: own } = PARTS[model.get("part")];
    const reset = button("Reset", () => {
      set(Object.fromEntries(own.map((name) => [name, first[name]])));
      redraw(); // a refused text in a field goes, even if no value was changed
    });
    const part = make(model, set, reset);
    const root = frame(el, "counting", label, ...part.parts, spoken.element);
    root.classList.add(`nnlib-${model.get("part")}`);
    draw = part.draw;
    draw();
  };
  const redraw = oncePerFrame(() => spoken.say(draw()));
  const stops = [listen(model, names, redraw), listen(model, ["part"], build)];
  build();
  return () => {
    stops.forEach((stop) => stop());
    redraw.stop();
    spoken.stop();
  };
}

// A trained convolutional network on a digit that you draw: all its maps, and the products behind
// any one number; kernels to edit, and a digit to shift. Chapter 9.

import LIMITS from "./feature_maps.json" with { type: "json" };
import {
  LAYERS, MAPPED, Reader, SIDE, change, field, presetOf, shifted,
} from "./feature_maps/numbers.js";
import { overview } from "./feature_maps/overview.js";
import { plate } from "./feature_maps/plate.js";
import { shifter, travel } from "./feature_maps/shift.js";
import { line, partials, products } from "./feature_maps/sum.js";
import { drawingDesk, samplesOf } from "./shared/digits/desk.js";
import { halves } from "./shared/halves.js";
import { outputs, percent } from "./shared/digits/outputs.js";
import {
  button, choice, frame, html, listen, live, number, player, put, select, setText, settings,
  slider,
} from "./shared/kit.js";
import { signedColours } from "./shared/plot.js";

const SETTINGS = ["layer", "map", "place", "source", "shift", "kernels"];
const NAMES = Object.keys(LAYERS);
const A_PASS = 6; // seconds that the window takes to slide over a map
const BEFORE = {
  conv1: "image", pool1: "conv1", conv2: "pool1", pool2: "conv2", output: "pool2",
};

/** The same colours, mixed once: 1024 steps from 0 to 1, for thousands of pixels a frame. */
function steps(colours, count = 1024) {
  const mixed = Array.from({ length: 2 * count + 1 }, (_, i) => colours(i / count - 1));
  return (value) => mixed[Math.round(value * count) + count];
}

export function render({ model, el }) {
  const { first, values, set } = settings(model, SETTINGS);
  const reader = new Reader(model.get("_layers"), halves(model.get("_theta")));
  const { maps, sources } = reader;
  const empty = new Float64Array(SIDE * SIDE);
  let picked = 4; // of the nine weights of a kernel

  /** What is chosen, within what there is: each layer has other maps, and other places. */
  function chosen() {
    const state = values();
    const { side, stride } = LAYERS[state.layer];
    const within = (i, n) => Math.min(i, n - 1);
    return {
      ...state,
      map: within(state.map, maps[state.layer]),
      source: within(state.source, sources[state.layer]),
      place: state.place.map((i) => within(Math.floor(i / stride), side)),
    };
  }

  const desk = drawingDesk({ model, samples: samplesOf(model), change: draw });
  const says = line({ class: "nnlib-answer" });
  const shift = shifter((across, down) => {
    const [low, high] = LIMITS.shift;
    const now = model.get("shift");
    const next = [now[0] + across, now[1] + down];
    if (next.every((d) => d >= low && d <= high)) set({ shift: next });
  }, () => set({ shift: [0, 0] }));
  const table = travel();
  const lost = html("p", { class: "nnlib-kind" });
  const choose = (layer, map) => set({ layer, map });
  const network = overview({ maps, choose });
  const layers = choice({
    label: "Layer", value: first.layer,
    options: Object.fromEntries(NAMES.map((layer) => [layer, LAYERS[layer].short])),
    change: (layer) => set({ layer }),
  });
  const which = select({
    label: "Map", options: {}, value: "", change: (map) => set({ map: Number(map) }),
  });

  /** Put the window onto a place of the chosen map, by its number, row by row. */
  function go(at) {
    const { side, stride } = LAYERS[model.get("layer")];
    set({ place: [Math.floor(at / side) * stride, (at % side) * stride] });
  }

  // The window follows the clock, so that it slides as fast on a slow screen as on a quick one.
  let before = 0;
  const runner = player({
    words: ["Slide", "Pause", "Next"],
    advance: () => {
      const { layer, place: [row, column] } = chosen();
      const { side } = LAYERS[layer];
      const [last, at] = [side * side - 1, row * side + column];
      const moment = performance.now();
      const pause = Math.min(1, (moment - before) / 1000);
      const due = before ? Math.floor((pause * side * side) / A_PASS) : 1;
      if (due) before = moment;
      if (at >= last) return false;
      if (due) go(Math.min(last, at + due));
      return true;
    },
    step: () => {
      const { layer, place: [row, column] } = chosen();
      const { side } = LAYERS[layer];
      go((row * side + column + 1) % (side * side));
    },
  });
  runner.play.addEventListener("click", () => {
    before = 0;
    const { layer, place } = chosen();
    if (runner.playing() && place.every((i) => i === LAYERS[layer].side - 1)) go(0);
    desk.refresh();
  });
  runner.once.addEventListener("click", () => desk.refresh());

  const caption = () => html("p", { class: "nnlib-caption" });
  const [above, middle, below] = [caption(), caption(), caption()];
  const source = plate({ label: "What comes in" });
  const cells = products((i) => {
    picked = i;
    desk.refresh();
  });
  const result = plate({
    label: "Place in the map",
    choose: (row, column) => {
      runner.pause();
      go(row * LAYERS[model.get("layer")].side + column);
    },
    where: () => chosen().place,
  });
  const bars = outputs();

  const edit = (weights) => {
    const kernels = { ...model.get("kernels") };
    if (weights) kernels[chosen().map] = Array.from(weights);
    else delete kernels[chosen().map];
    set({ kernels });
  };
  const preset = select({
    label: "Kernel", value: "learned",
    options: {
      learned: "as learned", own: "your own",
      ...Object.fromEntries(Object.entries(LIMITS.kernels).map(([key, { name }]) => [key, name])),
    },
    change: (key) => {
      if (key === "own") desk.refresh();
      else edit(key === "learned" ? null : LIMITS.kernels[key].weights);
    },
  });
  const weight = slider({
    label: "weight", name: "Chosen weight", range: LIMITS.weight, step: 0.01, value: 0,
    tone: "nnlib-signed",
    change: (w) => edit(reader.kernel(chosen().map).map((old, i) => (i === picked ? w : old))),
  });
  const from = select({
    label: "From map", options: {}, value: "", change: (map) => set({ source: Number(map) }),
  });
  const kernelTools = html("div", { class: "nnlib-kernel" }, preset.element, weight.element);
  const shares = partials((map) => set({ source: map }));
  const fromTools = html("div", { class: "nnlib-sources" }, from.element, shares.element);
  const noTools = html(
    "p", { class: "nnlib-kind" }, "Pooling has no weights: it keeps the largest of four.");
  const lines = [line({ class: "nnlib-answer" }), line(), line(), line()];
  const spoken = live();
  const reset = button("Reset", () => {
    picked = 4;
    runner.pause();
    set(first);
    desk.reset();
  });
  const root = frame(
    el, "feature_maps", "A convolutional network, number by number",
    html("div", { class: "nnlib-bar" }, desk.tools, desk.undo, desk.clear, reset),
    html("div", { class: "nnlib-desk" }, desk.paper, shift.element),
    html("div", { class: "nnlib-beside" }, says.element, desk.samples, table.element, lost),
    network.element,
    html(
      "div", { class: "nnlib-bar nnlib-chooser" }, layers.element, which.element, runner.element),
    html(
      "div", { class: "nnlib-result" }, below,
      html("div", { class: "nnlib-over" }, result.element, bars.element)),
    html("div", { class: "nnlib-source" }, above, source.element),
    html("div", { class: "nnlib-tune nnlib-over" }, kernelTools, fromTools, noTools),
    html("div", { class: "nnlib-middle" }, middle, cells.element),
    html("div", { class: "nnlib-report" }, ...lines.map(({ element }) => element), spoken.element));

  let [edited, blank] = ["", null];
  let [theme, signed, inks] = [null, null, null];
  const hide = (part, hidden) => part.classList.toggle("nnlib-away", hidden);

  function draw(seen) {
    const state = chosen();
    const kernels = model.get("kernels");
    if (JSON.stringify(kernels) !== edited) {
      edited = JSON.stringify(kernels);
      reader.edit(kernels);
      blank = null;
    }
    blank ??= reader.run(empty);
    if (theme !== seen.colours) {
      theme = seen.colours;
      signed = steps(signedColours(root));
      inks = steps(seen.colours);
    }
    const unmoved = reader.run(seen.seen);
    const still = !state.shift.some(Boolean);
    const run = still ? unmoved : reader.run(shifted(seen.seen, state.shift));
    const moved = still ? null : Object.fromEntries(MAPPED.map((layer) =>
      [layer, reader.moved(unmoved, run, blank, layer, state.shift)]));
    const reach = Object.fromEntries(MAPPED.map((layer) =>
      [layer, Math.max(1e-9, ...run[layer].map(Math.abs))]));
    const found = reader.explain(run, state);

    const [one, two] = run.order;
    const odds = (k) => `${k} (${percent(run.p[k], 1)})`;
    says.draw([`It says ${odds(one)}, then ${odds(two)}`]);
    shift.draw(state.shift);
    table.draw(moved, state.shift, unmoved, run);
    setText(lost, still
      ? "Shift the digit: which numbers move along with it exactly?"
      : `What the output reads changed by ${number(100 * change(unmoved.pool2, run.pool2), 0)} %. `
        + "A small ✕ in the large map: this number did not move along.");
    const { layer, map, place } = state;
    if (layer === "output") runner.pause();
    const pooling = layer.startsWith("pool");
    const comes = pooling ? [map] : layer === "conv1" ? [0] : [...Array(sources[layer]).keys()];
    network.draw({
      run, state, reach, signed, ink: inks, field: field(layer, place),
      from: { layer: BEFORE[layer], maps: comes, shown: pooling ? map : state.source },
      moved: {
        ...Object.fromEntries(MAPPED.map((name) =>
          [name, still ? "" : moved[name].along === moved[name].seen ? "✓" : "✗"])),
        output: "",
      },
    });
    layers.show(layer);
    offer(which, layer === "output" ? "Digit" : "Map", maps[layer], map,
      (k) => (layer === "output" ? `${k}` : `${k + 1} of ${maps[layer]}`));
    drawSource(run, state, found, reach);
    drawResult(run, state, found, reach, moved?.[layer]?.marks);
    drawTools(state, found, layer === "conv1", pooling);
    report(state, found, run, place);
  }

  /** Put other options into a list, if they differ. */
  function offer(list, label, count, value, words) {
    setText(list.element, `${label} `);
    const texts = Array.from({ length: count }, (_, k) => words(k));
    if (list.list.length !== count) {
      list.list.replaceChildren(...texts.map((_, k) => html("option", { value: k }, "")));
    }
    texts.forEach((text, k) => setText(list.list.options[k], text));
    list.show(String(value));
  }

  function drawSource(run, { layer, map, source: k }, found, reach) {
    const name = BEFORE[layer];
    const { window } = found;
    const pooling = layer.startsWith("pool");
    const own = pooling ? map : k;
    const total = pooling ? maps[layer] : sources[layer];
    const numbers = run[name];
    const at = (row, column) => numbers[(row * window.side + column) * total + own];
    setText(above, name === "image" ? "Padded image"
      : `${LAYERS[name].short}, map ${own + 1}`);
    source.draw({
      side: window.side, pad: layer.startsWith("conv") ? 1 : 0, window,
      colours: name === "image" ? inks : signed,
      value: (row, column) => (name === "image" ? at(row, column) : at(row, column) / reach[name]),
      negative: (row, column) => at(row, column) < 0,
    });
  }

  function drawResult(run, { layer, map, place: [row, column] }, found, reach, marks) {
    const output = layer === "output";
    for (const press of [runner.play, runner.once]) press.disabled = output;
    hide(result.element, output);
    hide(bars.element, !output);
    setText(below, output ? "Softmax of the ten sums"
      : `Map ${map + 1}${layer.startsWith("conv") ? ", before ReLU (– below 0)" : ""}`);
    bars.draw(run);
    if (output) return;
    const { side } = LAYERS[layer];
    const index = (r, c) => (r * side + c) * maps[layer] + map;
    // While the window slides, the numbers to come are not there yet.
    const there = (r, c) => !runner.playing() || r * side + c <= row * side + column;
    const at = (r, c) => (there(r, c) ? run[layer][index(r, c)] : 0);
    result.draw({
      side, pad: 0, window: { row, column, size: 1 }, colours: signed,
      value: (r, c) => at(r, c) / reach[layer],
      negative: (r, c) => at(r, c) < 0,
      mark: marks && ((r, c) => there(r, c) && marks[index(r, c)] === 2),
    });
  }

  function drawTools({ layer, map, source: k }, found, editable, pooling) {
    const output = layer === "output";
    cells.draw(found, {
      editable, chosen: picked,
      label: pooling ? "The four numbers" : `The ${found.size ** 2} products`,
    });
    setText(middle, pooling ? "z, ReLU, and the largest"
      : editable ? "Window × kernel" : `Map ${k + 1}: ${output ? "all" : "window"} × weights`);
    hide(kernelTools, !editable);
    hide(fromTools, editable || pooling);
    hide(noTools, !pooling);
    if (editable) {
      const kernel = reader.kernel(map);
      preset.show(presetOf(kernel, reader.kernel(map, reader.learned)));
      weight.show(kernel[picked]);
      const [row, column] = [Math.floor(picked / 3) + 1, (picked % 3) + 1];
      put(weight.range, { "aria-label": `Weight in row ${row}, column ${column}` });
    }
    const parts = found.partial ?? [found.z];
    offer(from, "From map", parts.length, k, (i) => `${i + 1}: ${number(parts[i], 3, true)}`);
    shares.draw(parts, k);
  }

  function report({ layer, map }, found, run, [row, column]) {
    const output = layer === "output";
    const pooling = layer.startsWith("pool");
    const title = output ? `Output, digit ${map}`
      : `${LAYERS[layer].name}, map ${map + 1}, row ${row + 1}, column ${column + 1}`;
    const { sum, bias, z, pooled } = found;
    const n = found.size ** 2;
    const all = sources[layer];
    const many = all === 1 ? `The ${n} products add up to `
      : `${n * all} products, ${n} from each of ${all} maps, add up to `;
    const said = [[title]];
    if (pooling) {
      const from = found.window;
      const [r, c] = [from.row + (found.largest >> 1) + 1, from.column + (found.largest & 1) + 1];
      said.push(["The largest of four, after ReLU: ", z],
        [`It stood in row ${r}, column ${c}. Which of the four it was is lost.`], [""]);
    } else {
      const sign = bias < 0 ? " − " : " + ";
      said.push([many, sum], ["z = sum + bias = ", sum, sign, Math.abs(bias), " = ", z]);
      if (output) said.push([`Softmax makes ${percent(run.p[map], 1)} of it.`]);
      else {
        const last = pooled.kept ? " (this one)" : "";
        const kept = "; pooling keeps the largest of its four: ";
        said.push(["ReLU: ", Math.max(0, z), kept, pooled.z, last]);
      }
    }
    lines.forEach(({ draw: show }, i) => show(said[i] ?? [""]));
    const texts = [...lines, says].map(({ element }) => element.textContent);
    spoken.say(texts.filter(Boolean).join(". "));
  }

  const ends = [listen(model, SETTINGS, () => desk.refresh())];
  desk.start();
  return () => {
    ends.forEach((end) => end());
    runner.pause();
    desk.stop();
    spoken.stop();
  };
}

// The playground: choose data, network and optimizer; train; look inside. All of Part I.

import LIMITS from "./playground.json" with { type: "json" };
import { fromLink, toLink } from "./playground/link.js";
import { answers, losses, palette, plane, units } from "./playground/pictures.js";
import { Run } from "./playground/run.js";
import CHOICES from "./shared/choices.json" with { type: "json" };
import {
  button, choice, frame, html, listen, live, nextSeed, number, oncePerFrame, onThemeChange, player,
  select, setText, settings,
} from "./shared/kit.js";

const VALUES = [
  "data", "hidden", "optimizer", "learning_rate", "batch_size", "dropout", "weight_decay", "seed",
  "points",
];
const KINDS = Object.fromEntries(
  LIMITS.activations.map((key) => [key, CHOICES.activations[key].name]));
const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100];
const STILL = 150; // ms without a change after which the plane is drawn finely
const WORD = 6000; // ms for which a word about a link stands
const WRITTEN = 1000; // ms between two changes of the address: browsers refuse more than a few
const LOSS = "E = −(1/n) Σ ln p(right class)";
const RULES = {
  SGD: "θ ← θ − η g",
  Momentum: "v ← 0.9 v − 0.1 g,  θ ← θ + η v",
  Nesterov: "v ← 0.9 v − η g,  θ ← θ + 0.9 v − η g",
  RMSProp: "s ← 0.9 s + 0.1 g²,  θ ← θ − η g / (√s + ε)",
  Adam: "m, s: corrected averages of g and g²,  θ ← θ − η m / (√s + ε)",
};

/** The address of the page, on a page of the course: it follows the run, so that a reload and a
 * shared address lead back. A notebook's address is its own; there, this does nothing. */
function address(el, fragment) {
  let [waiting, last] = [null, -Infinity];
  const write = () => {
    [waiting, last] = [null, performance.now()];
    const next = `${location.href.split("#")[0]}${fragment()}`;
    try {
      if (next !== location.href) history.replaceState(history.state, "", next);
    } catch {
      // The browser refuses (too often, or not from disk): the field below has the link.
    }
  };
  const follow = () => {
    if (!el.closest(".widget")) return;
    waiting ??= setTimeout(write, Math.max(0, last + WRITTEN - performance.now()));
  };
  return { follow, stop: () => clearTimeout(waiting) };
}

export function render({ model, el }) {
  const { first, values: chosen, set } = settings(model, VALUES);
  const sets = model.get("sets");
  let run = new Run(chosen(), sets);
  let where = [0, 0];
  let word = "";
  const say = (text) => {
    word = text;
    clearTimeout(say.timer);
    if (text) say.timer = setTimeout(() => say(""), WORD);
    redraw();
  };

  const pick = (label, name, values, words = String) => {
    const all = values.includes(model.get(name)) ? values : [...values, model.get(name)];
    const options = Object.fromEntries(all.map((value) => [value, words(value)]));
    const change = (key) => set({ [name]: all.find((value) => String(value) === key) });
    const control = select({ label, options, value: String(model.get(name)), change });
    const follow = () => {
      const value = model.get(name);
      if (!all.includes(value)) { // a link has brought it
        all.push(value);
        control.list.append(html("option", { value }, words(value)));
      }
      control.show(String(value));
    };
    return { ...control, follow };
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
    if (word) say("");
    redraw();
    return going;
  };
  const train = player({
    advance: () => after(run.epoch()), step: () => after(run.update()),
    words: ["Train", "Pause", "One update"],
  });
  const begin = (next) => {
    train.pause();
    run = next;
    say("");
    showSettings();
  };
  let opening = false; // a link brings its own run, once all its settings are there
  const restart = () => opening || begin(new Run(chosen(), sets));
  const epoch = button("One epoch", () => {
    train.pause();
    after(run.epoch());
  });
  const seed = button("", () => set({ seed: nextSeed(model.get("seed"), LIMITS.seed) }));
  const reset = button("Reset", () => {
    setText(copyLink, "Copy link");
    setText(copyCode, "Copy code");
    kind = 0;
    kinds.show("a");
    where = [0, 0];
    set(first);
    restart();
  });

  const picture = plane(add, () => where, moveTo);
  const inside = units(() => redraw());
  const graph = losses();
  const lines = Array.from({ length: 4 }, () => html("p", { class: "nnlib-equation" }));
  lines[0].className = "nnlib-answer";
  const rules = [0, 1].map(() => html("p", { class: "nnlib-quiet" }));
  const link = html("input", { type: "text", readonly: true, "aria-label": "Link to this state" });
  const copy = (text) => async (event) => {
    const pressed = event.currentTarget;
    const label = pressed.textContent;
    const done = await navigator.clipboard?.writeText(text()).then(() => true, () => false);
    setText(pressed, done ? "Copied" : "Press Ctrl+C");
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
  const root = frame(
    el, "playground", "Playground: train a small network",
    html(
      "div", { class: "nnlib-head" },
      html("div", { class: "nnlib-bar" }, train.element, epoch, reset),
      html("div", { class: "nnlib-report" }, ...lines, spoken.element)),
    html(
      "div", { class: "nnlib-output" }, picture.element,
      html("div", { class: "nnlib-own" }, kinds.element, clear)),
    html("div", { class: "nnlib-settings" }, ...controls.map((one) => one.element), seed),
    html(
      "div", { class: "nnlib-middle" },
      html("div", { class: "nnlib-layers" }, ...rows.map((row) => row.element)),
      inside.element, graph.element),
    html("div", { class: "nnlib-formulas" }, ...rules),
    html("div", { class: "nnlib-link" }, link, copyLink), python);

  let [colours, ink] = []; // of the page, as long as it is dark or light
  const takeColours = () => ([colours, ink] = [palette(root), getComputedStyle(root).color]);
  let drawn = null; // the data whose samples are in the plane
  const own = () => model.get("data") === LIMITS.own;

  function showSettings() {
    for (const control of [...controls, ...rows]) control.follow();
    setText(seed, `New weights (seed ${model.get("seed")})`);
    clear.disabled = !own() || !model.get("points").length;
    for (const one of kinds.element.children) one.disabled = !own();
    setText(rules[0], `Loss: ${LOSS}`);
    const decay = model.get("weight_decay");
    const g = decay ? `,  g = ∂E/∂θ + ${decay} θ for weights` : ",  g = ∂E/∂θ";
    const eta = model.get("learning_rate");
    setText(rules[1], `Update: ${RULES[model.get("optimizer")]}${g},  η = ${eta}`);
    const data = own() ? model.get("points") : model.get("data");
    if (data !== drawn) picture.samples(run);
    drawn = data;
    redraw();
  }

  function report() {
    const { training, test } = run.judge();
    const judged = (name, part) => (part
      ? `${name} loss ${number(part.loss, 4, true)}, ${number(100 * part.right, 1)} % right`
      : `${name}: no data`);
    setText(lines[0], `Epoch ${run.epochs}, update ${run.updates}`);
    if (!run.diverged) {
      setText(lines[1], judged("training", training));
      setText(lines[2], judged("test", test));
    }
    const hint = own() && !training ? "Click into the plane to add points." : "";
    const wild = training?.loss > 2 ? "It diverges: guessing has a loss of 0.69." : "";
    setText(lines[3], word || run.diverged || wild || hint);
  }

  // A run that has diverged cannot go on: the link to it leads to its beginning.
  const fragment = () => toLink(run.diverged ? new Run(run.settings, sets) : run);
  const untouched = () =>
    run.updates === 0 && VALUES.every((name) => model.get(name) === first[name]);
  const bar = address(el, () => (untouched() ? "" : fragment()));

  let still = null;
  let stopSharpening = () => {};
  const draw = () => {
    clearTimeout(still);
    stopSharpening();
    report();
    picture.point(own());
    graph.draw(run);
    if (!run.diverged) {
      const { network, values } = answers(run);
      picture.draw(values, colours);
      inside.draw(network, values, colours, ink);
    }
    bar.follow();
    spoken.say(train.playing() ? "Training" : lines.map((line) => line.textContent).join(". "));
    if (train.playing()) return;
    link.value = `${location.href.split("#")[0]}${fragment()}`;
    setText(code, run.python());
    if (run.diverged) return;
    still = setTimeout(() => {
      stopSharpening = picture.sharpen(run.look(picture.cells), colours);
    }, STILL);
  };
  const redraw = oncePerFrame(draw);
  const repaint = () => {
    takeColours(); // at once: a plane that is due to be sharpened may come before the next frame
    redraw();
  };
  const stops = [listen(model, VALUES, restart), onThemeChange(repaint)];

  /** Go where the address leads, if it is a link of ours and sound as a whole. */
  const open = () => {
    try {
      const said = fromLink(location.hash, sets);
      if (!said) return false;
      opening = true;
      set(said.settings);
      opening = false;
      begin(said);
    } catch {
      say("Damaged link: nothing was changed.");
    }
    return true;
  };
  const arrive = () => open() && el.scrollIntoView();
  addEventListener("hashchange", arrive);
  takeColours();
  showSettings();
  draw();
  // After a reload the reader is where they were; after a link they want to see where it leads.
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate") arrive();
  else open();
  return () => {
    train.pause();
    removeEventListener("hashchange", arrive);
    for (const stop of [...stops, redraw.stop, spoken.stop, inside.stop, bar.stop]) stop();
    for (const timer of [still, say.timer]) clearTimeout(timer);
    stopSharpening();
  };
}

// A recurrent network that reads what the reader types: states and gates of all units, odds for the
// next character, the influence of each earlier one; and it writes on. Chapter 12.

import LIMITS from "./recurrent.json" with { type: "json" };
import { oddsPanel } from "./recurrent/odds.js";
import { Reader, softened } from "./recurrent/reader.js";
import { strip } from "./recurrent/strip.js";
import { textField } from "./recurrent/typing.js";
import { percent, plain, quoted } from "./recurrent/words.js";
import { Random } from "./shared/engine.js";
import { halves } from "./shared/halves.js";
import {
  button, choice, frame, html, listen, live, nextSeed, number, oncePerFrame, onThemeChange, select,
  setText, settings, slider,
} from "./shared/kit.js";
import { signedColours } from "./shared/plot.js";

const SETTINGS = [
  "text", "place", "unit", "part", "asked", "source", "temperature", "seed",
  "scale",
];
const NOWHERE = { place: null, asked: null, source: null };

/** For each place of a text the number in [0, 1) that draws its character. */
function drawsOf(seed) {
  const random = new Random(seed);
  return Float64Array.from({ length: LIMITS.most }, () => random.uniform());
}

export function render({ model, el }) {
  const { first, values, set } = settings(model, SETTINGS);
  const reader = new Reader(model.get("_layers"), halves(model.get("_theta")));
  const alphabet = [...model.get("_characters")];
  const numberOf = new Map(alphabet.map((character, k) => [character, k]));
  const symbolsOf = (text) => [...text].map((character) => numberOf.get(character));
  const alike = Math.log2(alphabet.length);

  let past = []; // texts, to undo
  let typing = false; // whether the last change was typed: then it belongs to the one before
  function change(text, more = {}, typed = false) {
    if (text === model.get("text")) return;
    if (!(typing && typed)) past.push(model.get("text"));
    typing = typed;
    set({ ...NOWHERE, text, ...more });
  }

  const field = textField({
    alphabet: numberOf, most: LIMITS.most,
    change: (text, caret) =>
      change(text, caret === text.length || !text ? {} : { place: Math.max(0, caret - 1) }, true),
  });
  const examples = Object.fromEntries(Object.entries(LIMITS.examples).filter(([, { text }]) =>
    [...text].every((character) => numberOf.has(character))));
  const names = Object.fromEntries(Object.entries(examples).map(([key, { name }]) => [key, name]));
  const example = select({
    label: "Example", options: { own: "your own text", ...names }, value: "own",
    change(key) {
      if (key in examples) {
        change(examples[key].text);
        field.show(examples[key].text, true);
      }
      redraw();
    },
  });
  function write(many) {
    const { text, temperature, seed } = values();
    const draws = drawsOf(seed);
    const symbols = symbolsOf(text);
    reader.follow(symbols);
    for (let k = 0; k < many && symbols.length && symbols.length < LIMITS.most; k++) {
      symbols.push(reader.next(temperature, draws[symbols.length]));
      reader.follow(symbols);
    }
    change(symbols.map((symbol) => alphabet[symbol]).join(""));
  }
  const one = button("Write 1", () => write(1));
  const many = button(`Write ${LIMITS.at_once}`, () => write(LIMITS.at_once));
  const again = button("", () => set({ seed: nextSeed(model.get("seed"), LIMITS.seed) }));
  const temperature = slider({
    label: "T", name: "Temperature T", range: LIMITS.temperature, step: 0.05,
    value: first.temperature, change: (next) => set({ temperature: next }),
  });
  const undo = button("Undo", () => {
    if (!past.length) return;
    typing = false;
    const text = past.pop();
    set({ ...NOWHERE, text });
    field.show(text, true);
  });
  const reset = button("Reset", () => {
    past = [];
    typing = false;
    set(first);
    field.show(first.text, true);
    redraw();
  });
  const parts = Object.fromEntries(reader.parts.map((part) => [part, LIMITS.parts[part]]));
  const part = choice({
    label: "What is shown of the units", options: parts, value: first.part,
    change: (next) => set({ part: next }),
  });
  const unit = slider({
    label: "unit", name: "Unit", range: [1, reader.units], step: 1, whole: true,
    value: first.unit + 1, change: (next) => set({ unit: next - 1 }),
  });
  const at = () => Math.min(model.get("place") ?? Infinity, model.get("text").length - 1);
  const go = (by) => {
    const to = at() + by;
    if (to >= 0 && to < model.get("text").length) set({ place: to, asked: null, source: null });
  };
  const picture = strip({
    units: reader.units, names: LIMITS.parts, full: LIMITS.full,
    choose: ({ place, ...more }) =>
      set(place === undefined || place === at() ? more
        : { place, asked: null, source: null, ...more }),
    where: (drawn) => ({
      n: model.get("text").length, place: at(), unit: model.get("unit"),
      source: Math.min(model.get("source") ?? drawn, at()),
    }),
    weigh: (source) => set({ source }), scales: LIMITS.scales, rescale: (scale) => set({ scale }),
  });
  const odds = oddsPanel({ alphabet, go, ask: (asked) => set({ asked, source: null }) });
  const lines = ["after", "score", "memory"].map((name) => html("p", { class: `nnlib-${name}` }));
  const spoken = live();
  const root = frame(
    el, "recurrent", "A network that reads your text, and writes on",
    html("div", { class: "nnlib-bar" }, example.element, undo, reset),
    field.element,
    html(
      "div", { class: "nnlib-writing" }, temperature.element,
      html("div", { class: "nnlib-tools" }, one, many, again)),
    odds.element,
    html("div", { class: "nnlib-report" }, ...lines),
    html("div", { class: "nnlib-looking" }, part.element, unit.element),
    picture.element,
    spoken.element);
  part.element.classList.add("nnlib-parts");

  let colours = signedColours(root);

  function compute() {
    const state = values();
    const characters = [...state.text];
    const symbols = symbolsOf(state.text);
    const steps = reader.follow(symbols);
    const [n, place] = [symbols.length, at()];
    const bits = symbols.map((symbol, k) => (k ? reader.bits(k - 1, symbol) : 0));
    const mean = bits.reduce((sum, one) => sum + one, 0) / Math.max(1, n - 1);
    const all = { state, characters, steps, n, at: place, bits, mean, alike, colours };
    if (!n) {
      return { ...all, order: [], p: [], writing: [], came: null, asked: null, influence: [],
        source: 0, target: "" };
    }
    const { p, logits } = steps[place];
    const order = [...p.keys()].sort((a, b) => p[b] - p[a] || a - b);
    const asked = state.asked ?? order[0];
    const influence = reader.influence(place, asked);
    const most = influence.indexOf(influence.reduce((top, value) => Math.max(top, value), 0));
    return {
      ...all, order, p, asked, influence, came: place + 1 < n ? symbols[place + 1] : null,
      writing: softened(logits, state.temperature), target: quoted(alphabet[asked]),
      source: state.source === null ? most : Math.min(state.source, place),
    };
  }

  function report({ n, at: place, characters, order, p, came, bits, mean, influence, target }) {
    if (!n) {
      setText(lines[0], "No text: type something.");
      for (const line of lines.slice(1)) setText(line, "");
      return;
    }
    const likeliest = `${quoted(alphabet[order[0]])} (${percent(p[order[0]])})`;
    const cost = number(bits[place + 1] ?? 0, 2, true);
    const next = came === null ? "Nothing came yet."
      : `${quoted(alphabet[came])} came (${percent(p[came])}): ${cost} bits.`;
    setText(lines[0], `After ${quoted(characters[place])}, character ${place + 1} of ${n}: `
      + `likeliest ${likeliest}. ${next}`);
    setText(lines[1], n < 2 ? "One character: nothing to predict."
      : `${number(mean, 2, true)} bits per character over ${n - 1}; evenly among `
        + `${alphabet.length}: log₂ ${alphabet.length} = ${number(alike, 2, true)}.`);
    const total = influence.reduce((sum, value) => sum + value, 0);
    const near = influence.slice(-5).reduce((sum, value) => sum + value, 0);
    setText(lines[2], `Influence on ${target}, in all ${plain(total)}: ${
      percent(near / (total || 1))} of it from the last ${Math.min(5, place + 1)} characters.`);
  }

  function draw() {
    const now = compute();
    const { state, n } = now;
    field.show(state.text);
    const key = Object.keys(examples).find((name) => examples[name].text === state.text);
    example.show(key ?? "own");
    temperature.show(state.temperature);
    unit.show(state.unit + 1);
    part.show(state.part);
    setText(again, `Other seed (${state.seed})`);
    for (const press of [one, many]) press.disabled = !n || n >= LIMITS.most;
    undo.disabled = !past.length;
    const pointed = picture.draw(now);
    odds.draw(now);
    report(now);
    spoken.say([...lines.map((line) => line.textContent), pointed].join(" "));
  }
  const redraw = oncePerFrame(draw);
  const stops = [
    listen(model, SETTINGS, redraw), redraw.stop, spoken.stop,
    onThemeChange(() => {
      colours = signedColours(root);
      redraw();
    }),
  ];
  draw();
  return () => stops.forEach((stop) => stop());
}

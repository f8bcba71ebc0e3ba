// A digit to draw, and which of its pixels the network's answer came from: four maps, a patch to
// hide, the path of integrated gradients. Chapter 11.

import LIMITS from "./explanation.json" with { type: "json" };
import { mapsView } from "./explanation/maps.js";
import { agreement, baselineOf, random, trained } from "./explanation/methods.js";
import { patchView } from "./explanation/patch.js";
import { pathView } from "./explanation/path.js";
import { edgeOf } from "./explanation/pictures.js";
import { a, chance, plain } from "./explanation/words.js";
import { drawingDesk, samplesOf } from "./shared/digits/desk.js";
import { halves } from "./shared/halves.js";
import { percent } from "./shared/digits/outputs.js";
import {
  button, choice, frame, html, listen, live, nextSeed, oncePerFrame, put, select, setText, settings,
} from "./shared/kit.js";
import { signedColours } from "./shared/plot.js";

const SETTINGS = [
  "asked", "score", "weights", "seed", "view", "method", "baseline", "pixel", "size", "share",
  "steps",
];
const DIGITS = Array.from({ length: 10 }, (_, k) => k);

/** Which class is asked about: its answer, or one of ten, each with its probability. */
function classes(set) {
  const own = button("Why its answer?", () => set({ asked: null }), { class: "nnlib-own" });
  const all = DIGITS.map((k) => {
    const [value, bar] = [html("small"), html("i")];
    const press = button(k, () => set({ asked: k }), { class: "nnlib-class" });
    press.append(" ", value, bar);
    return { press, value, bar };
  });
  const attributes = { class: "nnlib-classes", role: "group", "aria-label": "Class asked about" };
  const element = html("div", attributes, own, ...all.map(({ press }) => press));

  function draw({ state, ask, answer }) {
    put(own, { "aria-pressed": String(state.asked === null) });
    all.forEach(({ press, value, bar }, k) => {
      put(press, { "aria-pressed": String(state.asked === k) });
      press.classList.toggle("nnlib-asked", k === ask.asked);
      setText(value, percent(answer.p[k], 0));
      bar.style.width = `${(100 * answer.p[k]).toFixed(2)}%`;
    });
  }
  return { element, draw };
}

/** A text that stays in one line. */
const tight = (text) => text.replaceAll(" ", "\u00a0");

/** In words: the answer, whether it is right, and what is asked. */
function report() {
  const lines = ["answer", "truth", "question"].map((name) =>
    html("p", { class: `nnlib-${name}` }));
  const element = html("div", { class: "nnlib-report" }, ...lines);

  function draw({ state, ask, answer, desk, whole }) {
    const [first, second] = answer.order;
    const part = (k) => `${k} (${percent(answer.p[k], 0)})`;
    const random = state.weights === "random";
    const who = random ? "Random:" : desk.empty ? "Still it says" : "It says";
    setText(lines[0], `${who} ${part(first)}, then ${part(second)}`);
    const right = desk.sample?.label === first;
    const verdict = random ? "" : right ? ": right ✓" : ": wrong ✗";
    setText(lines[1], desk.empty ? "The paper is empty: draw a digit."
      : desk.sample ? `A digit from the data, labelled ${desk.sample.label}${verdict}`
        : desk.changed ? "A digit that you changed." : "Your drawing, scaled and centred.");
    lines[1].classList.toggle("nnlib-wrong", verdict.endsWith("✗") && Boolean(desk.sample));
    const not = ask.asked === first ? "" : "not ";
    const [p, slope] = [chance(whole, 1), plain(whole * (1 - whole), 1)];
    const probability = p.startsWith(">") ? `p ${p}` : `p = ${p}`;
    const s = state.score === "logit" ? `is its logit, ${plain(whole)}`
      : `= ${tight(probability)}; ${tight(`p (1 − p) = ${slope}`)}`;
    setText(lines[2], `Asked: why ${not}${a(ask.asked)}? S ${s}.`);
    return lines.map((line) => line.textContent).join(". ");
  }
  return { element, draw };
}

export function render({ model, el }) {
  const { first, values, set } = settings(model, SETTINGS);
  const units = model.get("_layers")[1].n_out;
  const known = trained(units, halves(model.get("_theta")));
  let drawn = { seed: null };
  const unknown = (seed) => {
    if (drawn.seed !== seed) drawn = { seed, network: random(units, seed) };
    return drawn.network;
  };

  let writing = false; // as long as the pen is down, only what is seen is drawn
  let drawing = null; // what the desk said last
  const desk = drawingDesk({
    model, samples: samplesOf(model),
    change(now) {
      drawing = now;
      draw();
    },
  });
  for (const name of ["pointerdown", "pointerup", "pointercancel"]) {
    desk.paper.addEventListener(name, () => {
      writing = name === "pointerdown";
      redraw();
    });
  }
  const pick = ([row, column], more = {}) => {
    const [r, c] = model.get("pixel");
    if (r !== row || c !== column) set({ pixel: [row, column], ...more });
    else if (Object.keys(more).length) set(more);
  };
  const parts = { get: (name) => model.get(name), set, pick };
  const views = { maps: mapsView(parts), patch: patchView(parts), path: pathView(parts) };

  const asking = classes(set);
  const text = report();
  const spoken = live();
  const scores = choice({
    label: "S, the score", options: LIMITS.scores, value: first.score,
    change: (score) => set({ score }),
  });
  const weights = choice({
    label: "Weights", options: LIMITS.weights, value: first.weights,
    change: (next) => set({ weights: next }),
  });
  const again = button("Draw anew", () =>
    set({ weights: "random", seed: nextSeed(model.get("seed"), LIMITS.seed) }));
  const baseline = select({
    label: "Baseline x′", options: LIMITS.baselines, value: first.baseline,
    change: (next) => set({ baseline: next }),
  });
  const tabs = choice({
    label: "View", options: LIMITS.views, value: first.view,
    change(view) {
      views.path.pause();
      set({ view });
    },
  });
  tabs.element.classList.add("nnlib-tabs");
  const reset = button("Reset", () => {
    views.path.pause();
    set(first);
    desk.reset();
  });
  const root = frame(
    el, "explanation", "Which pixels an answer came from",
    html("div", { class: "nnlib-bar nnlib-tools" }, desk.tools, desk.undo, desk.clear, reset),
    html("div", { class: "nnlib-desk" }, desk.paper),
    desk.samples,
    html("div", { class: "nnlib-side" }, asking.element, text.element),
    html(
      "div", { class: "nnlib-bar nnlib-choices" },
      scores.element, weights.element, again, baseline.element),
    tabs.element,
    html("div", { class: "nnlib-views" }, ...Object.values(views).map((view) => view.element)),
    spoken.element);

  let colours = null;
  let painted = null;

  /** All that the views need to know. */
  function compute() {
    const state = values();
    const x = drawing.seen;
    const x0 = baselineOf(state.baseline, x);
    const asked = state.asked ?? known.answer(x).order[0];
    const ask = { asked, score: state.score };
    const isRandom = state.weights === "random";
    const network = isRandom ? unknown(state.seed) : known;
    const walk = network.walk(x, x0, ask, state.steps);
    const maps = network.maps(x, x0, ask, state, walk);
    const logit = ask.score === "logit";
    const unsaturated = logit ? maps : network.maps(x, x0, { asked, score: "logit" }, state);
    const full = Object.fromEntries(Object.entries(unsaturated).map(([name, map]) => {
      const most = map.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1;
      return [name, logit ? most : LIMITS.faded * most];
    }));
    let agreements = null;
    if (isRandom) {
      const own = known.maps(x, x0, ask, state);
      agreements = Object.fromEntries(
        Object.keys(maps).map((name) => [name, agreement(maps[name], own[name], x)]));
    }
    return {
      state, desk: drawing, x, x0, ask, network, maps, full, agreements, walk, colours,
      answer: network.answer(x), whole: walk.to, from: walk.from, ink: drawing.colours,
      edge: edgeOf(x),
    };
  }

  function draw() {
    if (painted !== drawing.colours) colours = signedColours(root);
    painted = drawing.colours;
    const now = compute();
    const { state } = now;
    scores.show(state.score);
    weights.show(state.weights);
    baseline.show(state.baseline);
    tabs.show(state.view);
    asking.draw(now);
    const said = text.draw(now);
    for (const [name, view] of Object.entries(views)) {
      if (name === state.view || !writing) view.draw(now);
      view.element.classList.toggle("nnlib-away", name !== state.view);
    }
    const seen = { maps: now.there, patch: now.patch, path: now.walked }[state.view];
    spoken.say(`${now.desk.where}${said} ${seen}`);
  }
  const redraw = oncePerFrame(draw);
  const stop = listen(model, SETTINGS, redraw);
  desk.start();
  return () => {
    stop();
    views.path.pause();
    redraw.stop();
    desk.stop();
    spoken.stop();
  };
}

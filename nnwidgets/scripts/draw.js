// A digit to draw, and the trained network that reads it stroke by stroke. Chapter 1.

import LIMITS from "./shared/digits/digits.json" with { type: "json" };
import { Network } from "./shared/engine.js";
import { button, frame, html, live, number, put, svg } from "./shared/kit.js";
import { doubt } from "./draw/doubt.js";
import { drawingDesk, pixels, samplesOf } from "./shared/digits/desk.js";
import { answer, outputs, percent } from "./shared/digits/outputs.js";

const PIXELS = LIMITS.side ** 2;

/** The network with the weights that came along, and what it says to 256 numbers. */
function reader(model) {
  const network = new Network(PIXELS, [
    { units: model.get("_units"), activation: model.get("_activation") },
    { units: LIMITS.classes },
  ]);
  const theta = model.get("_theta");
  network.theta.forEach((_, i) => (network.theta[i] = theta.getFloat32(4 * i, true)));
  return (picture) => ({ ...answer(network.forward(picture)), hidden: network.layers[0].y });
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

/** In words: what it says, whether that is right, and what was done to the drawing. */
function report() {
  const answer = html("p", { class: "nnlib-answer" });
  const truth = html("p", { class: "nnlib-equation" });
  const spoken = live();
  const element = html("div", { class: "nnlib-report" }, answer, truth, spoken.element);

  function draw({ p, order }, { empty, place, sample, changed, where }) {
    const [first, second] = order;
    const part = (k) => `${k} (${percent(p[k], 0)})`;
    const says = `${part(first)}, then ${part(second)}`;
    answer.textContent = `${empty ? "The paper is empty. Still it says" : "It says"} ${says}`;
    truth.classList.toggle("nnlib-wrong", Boolean(sample) && sample.label !== first);
    if (empty) truth.textContent = "Draw a digit, or load one.";
    else if (sample) {
      const right = sample.label === first ? "right ✓" : "wrong ✗";
      truth.textContent = `A digit from the data, labelled ${sample.label}: ${right}`;
    } else if (changed) truth.textContent = "A picture that you changed, read as it stands.";
    else if (place) {
      const size = number(100 * place.scale, 0);
      truth.textContent = `Scaled to ${size} % and centred first, as the training pictures were.`;
    } else truth.textContent = "Read as it stands: not scaled, not centred.";
    spoken.say(`${where}${answer.textContent}. ${truth.textContent}`);
  }
  return { element, draw, stop: spoken.stop };
}

export function render({ model, el }) {
  const answerTo = reader(model);
  const samples = samplesOf(model);
  const brief = model.get("part") === "answer";
  const activity = samples.flatMap(({ picture }) => answerTo(picture).hidden.map(Math.abs));
  const largest = Math.max(1e-9, ...activity.map((a) => Math.max(...a)));

  const desk = drawingDesk({ model, samples, change: draw });
  const seen = pixels();
  const hidden = units(model.get("_units"));
  const bars = outputs();
  const text = brief ? doubt() : report();
  const active = html("p", { class: "nnlib-caption" });
  const caption = (words) => html("p", { class: "nnlib-caption" }, words);
  const answers = html(
    "div", { class: "nnlib-answers" }, caption("Probability of each digit"), bars.element);
  const root = brief ? frame(
    el, "draw", "Draw a digit",
    html("div", { class: "nnlib-desk" }, desk.paper, text.invitation),
    text.element, answers,
    html("div", { class: "nnlib-bar" }, button("Show me one", desk.next), desk.clear),
  ) : frame(
    el, "draw", "Draw a digit",
    html(
      "div", { class: "nnlib-bar" }, desk.tools, desk.undo, desk.clear, desk.preparation,
      button("Reset", desk.reset)),
    html("div", { class: "nnlib-desk" }, caption("Draw here"), desk.paper),
    text.element, desk.samples,
    html("div", { class: "nnlib-seen" }, caption("The network sees"), seen.canvas),
    html("div", { class: "nnlib-layer" }, active, hidden.element), answers);
  root.classList.toggle("nnlib-brief", brief);
  if (brief) { // the button hides, and would take the focus along
    desk.clear.addEventListener("click", () => desk.paper.focus({ preventScroll: true }));
  }

  function draw(now) {
    const said = answerTo(now.seen);
    seen.draw(now.seen, now.colours);
    hidden.draw(said.hidden, largest);
    bars.draw(said);
    text.draw(said, now);
    root.classList.toggle("nnlib-blank", now.empty);
    const count = said.hidden.filter((a) => a > 0).length;
    const silent = model.get("_activation") === "relu"; // other units are never quite silent
    active.textContent = silent ? `Hidden: ${count} active` : "Hidden units";
  }

  desk.start();
  return () => {
    desk.stop();
    text.stop();
  };
}

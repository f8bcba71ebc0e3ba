// The way from the baseline to the image: the image on it, the gradient there, and the sum so far.

import LIMITS from "../explanation.json" with { type: "json" };
import { choice, html, number, player, put, setText, slider, svg } from "../shared/kit.js";
import { chart } from "../shared/plot.js";
import { between } from "./methods.js";
import { picture } from "./pictures.js";
import { factor, plain, signed } from "./words.js";

const POINTS = Array.from({ length: 101 }, (_, i) => i / 100);
const A_SECOND = 25; // hundredths of the way, while it walks

const largest = (values) => values.reduce((top, value) => Math.max(top, Math.abs(value)), 0);

/** A chart of S on the way, thick, and of the sum of the steps, thin. */
function progress() {
  const graph = chart({
    x: { name: "u, the share of the way", low: 0, high: 1, ticks: 5 },
    y: { name: "thick: S(x(u)) − S(x′); thin: the sum", low: 0, high: 1, ticks: 4 },
    height: 190, format: (x) => (x === 0 || Math.abs(x) >= 0.01 ? number(x, 2) : plain(x, 1)),
  });
  const zero = svg("path", { class: "nnlib-guide" });
  const now = svg("path", { class: "nnlib-link" });
  graph.inside.append(zero);
  const truth = graph.curve("nnlib-truth");
  const sum = graph.curve("nnlib-curve");
  const dot = svg("circle", { class: "nnlib-dot", r: 5 });
  graph.inside.append(now, dot);

  function draw(walk, share) {
    const [real, added] = [walk.true, walk.sum].map((f) => POINTS.map(f));
    const all = [0, ...real, ...added];
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const room = Math.max(most - least, 1e-15);
    graph.range({ y: { low: least - 0.06 * room, high: most + 0.12 * room } });
    truth.draw(POINTS, real);
    sum.draw(POINTS, added);
    const { x, y, area } = graph;
    put(zero, { d: `M${x(0)} ${y(0)}H${x(1)}` });
    put(now, { d: `M${x(share)} ${area.y}V${area.y + area.height}` });
    put(dot, { cx: x(share), cy: y(walk.sum(share)) });
  }
  return { element: graph.element, draw };
}

export function pathView({ get, set }) {
  const captions = ["image x(u)", "gradient", "sum so far"];
  const shown = captions.map(() => picture());
  const figures = captions.map((words, i) => html(
    "div", {}, html("p", { class: "nnlib-caption" }, words), shown[i].element));
  let before = 0;
  const runner = player({
    advance() {
      const time = performance.now();
      const pause = time - before;
      const due = pause > 1000 ? 1 : Math.floor((pause * A_SECOND) / 1000);
      if (due) before = pause > 1000 ? time : before + (due * 1000) / A_SECOND;
      const share = get("share");
      if (share >= 1) set({ share: 0 });
      else if (due) set({ share: Math.min(1, Math.round(100 * share + due) / 100) });
      return get("share") < 1;
    },
    words: ["Walk", "Pause", ""],
  });
  runner.once.remove();
  const share = slider({
    label: "u", name: "u, how far on the way", range: LIMITS.share, step: 0.01, value: 0,
    change(next) {
      runner.pause();
      set({ share: next });
    },
  });
  const options = Object.fromEntries(LIMITS.steps.map((n) => [n, n]));
  const steps = choice({
    label: "Steps on the way", options, value: "50", change: (n) => set({ steps: Number(n) }),
  });
  const graph = progress();
  const words = ["so-far", "whole", "gap"].map((name) => html("p", { class: `nnlib-${name}` }));
  const element = html(
    "div", { class: "nnlib-view nnlib-walk" },
    html("div", { class: "nnlib-three" }, ...figures),
    html(
      "div", { class: "nnlib-going" }, share.element,
      html("div", { class: "nnlib-bar" }, runner.element, steps.element, " steps")),
    graph.element,
    html("div", { class: "nnlib-added" }, ...words));

  function draw(now) {
    const { state, x, x0, ask, network, walk, ink, edge, colours } = now;
    const at = state.share;
    const on = (part) => network.gradient(between(x, x0, part), ask);
    const steepest = Math.max(...POINTS.filter((_, i) => i % 5 === 0).map((p) => largest(on(p))));
    shown[0].draw(between(x, x0, at), 1, ink, "");
    shown[1].draw(on(at), steepest || 1, colours, edge);
    shown[2].draw(walk.map(at), largest(walk.map()) || 1, colours, edge);
    graph.draw(walk, at);
    share.show(at);
    steps.show(String(state.steps));
    const [sum, all, way] = [walk.sum(at), walk.sum(1), walk.to - walk.from];
    const part = way === 0 ? "" : ` (${plain(Math.abs((100 * (all - way)) / way))}\u00a0%)`;
    const many = state.steps === 1 ? "The one step" : `All ${state.steps} steps`;
    setText(words[0], `At u = ${number(at, 3)}: sum so far ${signed(sum)}, `
      + `S(x(u)) − S(x′) = ${signed(walk.true(at))}.`);
    setText(words[1], `${many}: ${signed(all)}. S(x) − S(x′) = ${plain(walk.to)} − `
      + `${factor(walk.from)} = ${signed(way)}.`);
    setText(words[2], `Gap of completeness: ${signed(all - way)}${part}.`);
    now.walked = words.map((line) => line.textContent).join(" ");
  }
  return { element, draw, pause: runner.pause };
}

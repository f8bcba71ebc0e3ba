// The losses of both adversaries, and the gradients that reach the generator's samples. Chapter 14.

import { html, number, put, setText, svg, thousands } from "../shared/kit.js";
import { chart } from "../shared/plot.js";

const EQUILIBRIUM = { // where D says ½ everywhere
  discriminator: 2 * Math.LN2,
  generator: { "non-saturating": Math.LN2, minimax: -Math.LN2 },
};

/** Numbers along the axes: 2,000 but 0.5. */
const format = (x) => (x >= 1000 ? thousands(x) : number(x));

/** The first of some round numbers that is at least as large. */
const atLeast = (x, sizes) => sizes.find((size) => size >= x) ?? sizes.at(-1);
const STEPS = [1, 2, 5].map((digit) => [50, 100, 1000, 10_000, 100_000].map((ten) => digit * ten))
  .flat().sort((a, b) => a - b);

/** A line across a chart with its name, so far from the right end that two do not meet. */
function guide(graph, name, off = 3) {
  const path = svg("path", { class: "nnlib-guide" });
  const text = svg("text", { class: "nnlib-tick", "text-anchor": "end" }, name);
  graph.inside.append(path, text);
  return (value) => {
    const { x, width } = graph.area;
    put(path, { d: `M${x} ${graph.y(value)}h${width}` });
    put(text, { x: x + width - off, y: graph.y(value) - 4 });
    return text;
  };
}

export function losses() {
  const graph = chart({
    x: { name: "steps", low: 0, high: 50, ticks: 5 },
    y: { name: "losses", low: 0, high: 2, ticks: 4 }, height: 150, format,
  });
  const discriminator = guide(graph, "D: 2 ln 2");
  const generator = guide(graph, "G: ln 2", 66);
  const ofD = graph.curve("nnlib-curve nnlib-of-d");
  const ofG = graph.curve("nnlib-curve nnlib-of-g");
  const named = (sample, of) =>
    html("span", {}, `${sample} `, html("i", {}, "L"), html("sub", {}, of));
  const legend = html(
    "p", { class: "nnlib-legend" },
    named("——", "D"), named("- - -", "G"), html("span", {}, "····· where D = ½"));
  const element = html("div", { class: "nnlib-losses" }, graph.element, legend);

  function draw({ history }, loss) {
    const at = history.map(({ step }) => step);
    const d = history.map((point) => point.discriminatorLoss);
    const g = history.map((point) => point.generatorLoss[loss]);
    const sizes = [2, 3, 5, 10, 20, 50];
    const high = atLeast(Math.max(0, ...d, ...g), sizes);
    const low = loss === "minimax" ? -atLeast(Math.max(1, -Math.min(0, ...g)), [1, ...sizes]) : 0;
    graph.range({ x: { high: atLeast(at.at(-1) ?? 0, STEPS) }, y: { low, high } });
    discriminator(EQUILIBRIUM.discriminator);
    setText(generator(EQUILIBRIUM.generator[loss]), `G: ${loss === "minimax" ? "−" : ""}ln 2`);
    ofD.draw(at, d);
    ofG.draw(at, g);
  }
  return { element, draw };
}

export function gradients() {
  const graph = chart({
    x: { name: "steps", low: 0, high: 50, ticks: 5 },
    y: { name: "gradient at the samples", low: 0.01, high: 10, log: true, ticks: 4 },
    height: 150, format,
  });
  const strong = graph.curve("nnlib-curve nnlib-strong");
  const weak = graph.curve("nnlib-curve nnlib-weak");
  const legend = html(
    "p", { class: "nnlib-legend" },
    html("span", {}, "—— of −log D"), html("span", {}, "- - - of log(1 − D)"));
  const element = html("div", { class: "nnlib-gradients" }, graph.element, legend);

  function draw({ history }) {
    const at = history.map(({ step }) => step);
    const a = history.map(({ gradient }) => gradient["non-saturating"]);
    const b = history.map(({ gradient }) => gradient.minimax);
    const all = [...a, ...b].filter((x) => x > 0);
    const power = (x, round) => 10 ** round(Math.log10(x));
    const low = Math.max(1e-8, Math.min(0.01, power(Math.min(1, ...all), Math.floor)));
    const high = Math.max(10, power(Math.max(1, ...all), Math.ceil));
    graph.range({ x: { high: atLeast(at.at(-1) ?? 0, STEPS) }, y: { low, high } });
    strong.draw(at, a);
    weak.draw(at, b);
  }
  return { element, draw };
}

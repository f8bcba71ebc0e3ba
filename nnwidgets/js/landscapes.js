// Three landscapes with their slopes, and what each optimizer does on them, step by step. Heights
// are counted from the deepest point. Chapter 8; optimizers.py has the same landscapes.

import { OPTIMIZERS, Random } from "./engine.js";

export const MOST = 300; // steps of a run

/** How each optimizer's memory is called in the engine, and in the chapter. */
export const MEMORY = {
  SGD: [],
  Momentum: [["velocity", "v"]],
  Nesterov: [["velocity", "v"]],
  RMSProp: [["square", "s"]],
  Adam: [["mean", "m"], ["square", "v"]],
};
export const RULES = Object.keys(MEMORY);

// `across` and `up` say which coordinate runs which way on the map, and from where to where;
// `goal` is the height above a minimum at which a run has arrived; `unit` is the gradient noise
// that the slider calls 1; `rate` suits most, `tuned` are the chapter's (ten to this power).
export const LANDSCAPES = {
  ravine: {
    formula: "f(x, y) = ½ (x² + 100 y²)",
    f: (x, y) => 0.5 * (x * x + 100 * y * y),
    slope: (x, y) => [x, 100 * y],
    across: { i: 0, name: "x", low: -11.5, high: 3.5 },
    up: { i: 1, name: "y", low: -1.4, high: 1.4 },
    start: [-10, 1], grain: [0.1, 0.02], rate: 0.012, goal: 0.5, unit: 10,
    tuned: { SGD: -1.75, Momentum: -1.375, Nesterov: -2, RMSProp: -1, Adam: -0.5 },
    minima: [[0, 0]], passes: [], bottom: () => ["", 0],
    levels: [1, 5, 20, 50, 100, 150], heights: [1e-6, 5e3],
  },
  saddle: {
    formula: "f(x, y) = ½ x² + ⅒ (¼ y⁴ − ½ y² + ¼)",
    f: (x, y) => (x * x) / 2 + 0.1 * (y ** 4 / 4 - (y * y) / 2 + 1 / 4),
    slope: (x, y) => [x, 0.1 * (y ** 3 - y)],
    across: { i: 1, name: "y", low: -1.6, high: 1.6 },
    up: { i: 0, name: "x", low: -1.2, high: 1.2 },
    start: [1, 0.001], grain: [0.02, 0.02], rate: 0.1, goal: 1e-4, unit: 0.1,
    tuned: { SGD: 0.25, Momentum: 1, Nesterov: 0, RMSProp: -1.75, Adam: -1.25 },
    minima: [[0, -1], [0, 1]], passes: [[0, 0]], bottom: () => ["", 0],
    levels: [0.002, 0.008, 0.025, 0.06, 0.14, 0.27, 0.45, 0.7], heights: [1e-8, 50],
  },
  "two minima": {
    formula: "f(x, y) = ½ y² + ¹⁄₁₂ (3x⁴ − 2x³ − 6x² + 6x + 7)",
    f: (x, y) => (y * y) / 2 + (3 * x ** 4 - 2 * x ** 3 - 6 * x * x + 6 * x + 7) / 12,
    slope: (x, y) => [(x * x - 1) * (x - 0.5), y],
    across: { i: 0, name: "x", low: -2, high: 2.4 },
    up: { i: 1, name: "y", low: -1.3, high: 1.3 },
    start: [1.9, 0.9], grain: [0.02, 0.02], rate: 0.1, goal: 5e-4, unit: 1,
    tuned: null, // the chapter has no race here
    minima: [[-1, 0], [1, 0]], passes: [[0.5, 0]],
    bottom: (x) => (x > 0.5 ? ["shallow", 2 / 3] : ["deep", 0]),
    levels: [0.03, 0.12, 0.28, 0.48, 0.66, 0.705, 0.85, 1.2, 1.8, 2.8], heights: [1e-6, 50],
  },
};

/** How far a point is beyond the map, in widths of the map: 0 on the map. */
function beyond({ across, up }, theta) {
  const parts = [across, up].map(({ i, low, high }) =>
    Math.max(low - theta[i], theta[i] - high, 0) / (high - low));
  return Math.max(...parts);
}

/** One optimizer's run, as a list of its steps.
 *
 * Each is { theta, height, grad, memory, arrived, away }: where it is, the gradient that it finds
 * there, what it remembers before its next step, since which step it has been at a minimum (null
 * if it is not there), and whether it is off the map. The last entry of a run that is far off the
 * map, half a map's width, says so by `lost`.
 */
export function travel(rule, { surface, start, rate, momentum, noise, seed }) {
  const land = LANDSCAPES[surface];
  const settings = rule === "Momentum" || rule === "Nesterov" ? { momentum } : {};
  const optimizer = new OPTIMIZERS[rule](rate, settings);
  const random = new Random(seed);
  const theta = Float64Array.from(start);
  const run = [];
  for (let t = 0; t <= MOST + 1; t++) {
    const [x, y] = theta;
    const height = land.f(x, y);
    const grad = land.slope(x, y);
    if (noise) grad.forEach((g, i) => (grad[i] = g + noise * land.unit * random.normal()));
    const memory = MEMORY[rule].map(([name]) => Array.from(optimizer[name] ?? [0, 0]));
    const there = height - land.bottom(x, y)[1] < land.goal;
    const arrived = there ? run.at(-1)?.arrived ?? t : null;
    const off = beyond(land, theta);
    const lost = !(off <= 0.5); // or not a number
    run.push({ theta: [x, y], height, grad, memory, arrived, away: off > 0, lost });
    if (lost) break;
    optimizer.step(theta, grad);
  }
  return run;
}

/** The rate of one optimizer. */
export function rateOf(rule, { surface, rates, learning_rate: rate }) {
  const { tuned } = LANDSCAPES[surface];
  return rates === "tuned" && tuned ? 10 ** tuned[rule] : rate;
}

/** All five runs: the same start and the same noise for each. */
export function race(state) {
  const runs = RULES.map((rule) => [rule, travel(rule, { ...state, rate: rateOf(rule, state) })]);
  return Object.fromEntries(runs);
}

/** Where a run stands after so many steps; a run that got lost stays where it ended. */
export function standing(run, steps) {
  return run[Math.min(steps, run.length - 1)];
}

/** The same in words. */
export function verdict(run, steps, surface) {
  const { theta, height, arrived, away, lost } = standing(run, steps);
  if (lost) {
    const word = height <= run[0].height ? "left the map" : "diverged";
    return `step ${run.length - 1}: ${word}`;
  }
  const [which] = LANDSCAPES[surface].bottom(...theta);
  if (arrived !== null) return `step ${arrived}: ${which ? `${which} one` : "arrived"}`;
  if (away) return "off the map";
  const before = run.slice(0, steps).some((step) => step.arrived !== null);
  return (before ? "left again" : "on its way") + (which ? `: ${which} side` : "");
}

// Three landscapes with their slopes, and what each optimizer does on them, step by step. Heights
// are counted from the deepest point. Chapter 8.

import LIMITS from "../optimizer_paths.json" with { type: "json" };
import CHOICES from "../shared/choices.json" with { type: "json" };
import { OPTIMIZERS, Random } from "../shared/engine.js";

const MOST = LIMITS.steps[1]; // of a run
export const RULES = CHOICES.optimizers;

/** How each optimizer's memory is called in the engine, and in the chapter. */
export const MEMORY = {
  SGD: [],
  Momentum: [["velocity", "v"]],
  Nesterov: [["velocity", "v"]],
  RMSProp: [["square", "s"]],
  Adam: [["mean", "m"], ["square", "v"]],
};

// What only the drawing needs: a step of the arrow keys, the height above a minimum at which a run
// has arrived, passes, which minimum is near and how high it lies, and the chart's lowest and
// highest height.
const LOOKS = {
  ravine: {
    grain: [0.1, 0.02], goal: 0.5, passes: [], bottom: () => ["", 0], heights: [1e-6, 5e3],
  },
  saddle: {
    grain: [0.02, 0.02], goal: 1e-4, passes: [[0, 0]], bottom: () => ["", 0], heights: [1e-8, 50],
  },
  "two minima": {
    grain: [0.02, 0.02], goal: 5e-4, passes: [[0.5, 0]],
    bottom: (x) => (x > 0.5 ? ["shallow", 2 / 3] : ["deep", 0]), heights: [1e-6, 50],
  },
};

/** The polynomial Σ c xⁱ yʲ / divisor of terms [c, i, j]: its height, and its slope. */
function polynomial({ terms, divisor }) {
  const sum = (list, x, y) =>
    list.reduce((total, [c, i, j]) => total + c * x ** i * y ** j, 0) / divisor;
  const alongX = terms.filter(([, i]) => i).map(([c, i, j]) => [c * i, i - 1, j]);
  const alongY = terms.filter(([, , j]) => j).map(([c, i, j]) => [c * j, i, j - 1]);
  return {
    f: (x, y) => sum(terms, x, y),
    slope: (x, y) => [sum(alongX, x, y), sum(alongY, x, y)],
  };
}

/** `across` and `up` say which coordinate runs which way on the map, and from where to where. */
export const LANDSCAPES = Object.fromEntries(
  Object.entries(LIMITS.landscapes).map(([key, land]) => {
    const [across, up] = land.axes.map((i, k) => (
      { i, name: "xy"[i], low: land.limits[k][0], high: land.limits[k][1] }));
    return [key, { ...land, ...LOOKS[key], ...polynomial(land), across, up }];
  }));

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

// Which inputs did an answer come from? nnlib.explaining's maps for a network 256-h-10 with ReLU:
// numbers only. The score S is a logit or a probability of one class; x are 256 inputs.

import { Network, Random, softmaxCrossEntropy } from "../shared/engine.js";

const SIDE = 16;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const LAYERS = (units) => [{ units, activation: "relu" }, { units: CLASSES }];

/** The network with these parameters, in nnlib's order. */
export function trained(units, theta) {
  const network = new Network(PIXELS, LAYERS(units));
  network.theta.set(theta);
  return explainer(network);
}

/** The same network with new weights, as nnlib draws them: Glorot's, and biases of 0. */
export function random(units, seed) {
  return explainer(new Network(PIXELS, LAYERS(units), { random: new Random(seed) }));
}

/** The baseline x′: empty paper, ink all over, or as much ink as x has, spread evenly. */
export function baselineOf(name, x) {
  const mean = x.reduce((sum, value) => sum + value, 0) / PIXELS;
  return new Float64Array(PIXELS).fill({ paper: 0, ink: 1, grey: mean }[name]);
}

/** The image on the way: x′ + u (x − x′). */
export function between(x, x0, u) {
  return x.map((value, i) => x0[i] + u * (value - x0[i]));
}

/** The cells of a patch around a pixel, [row, column]: from top and left to before bottom and
 * right. */
export function patchAt([row, column], size) {
  const reach = (size - 1) / 2;
  const low = (i) => Math.max(0, i - reach);
  const high = (i) => Math.min(SIDE, i + reach + 1);
  return { top: low(row), left: low(column), bottom: high(row), right: high(column) };
}

/** The image with a patch replaced by the baseline. */
export function hidden(x, x0, { top, left, bottom, right }) {
  const changed = Float64Array.from(x);
  for (let row = top; row < bottom; row++) {
    for (let i = row * SIDE + left; i < row * SIDE + right; i++) changed[i] = x0[i];
  }
  return changed;
}

/** Pearson's correlation of the sizes of two maps, on pixels with ink; NaN if those of one are all
 * the same. */
export function agreement(map, other, ink) {
  const on = Array.from(ink.keys()).filter((i) => ink[i] > 0);
  const [a, b] = [map, other].map((values) => on.map((i) => Math.abs(values[i])));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const product = (u, mu, v, mv) =>
    u.reduce((sum, value, i) => sum + (value - mu) * (v[i] - mv), 0);
  const size = Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
  return size > 0 ? product(a, ma, b, mb) / size : NaN;
}

/** Scores and maps of a network.
 *
 * Its first layer is linear, so what it makes of images on a line lies on a line too, and a patch
 * changes it by the patch alone: that saves nearly all of the 200 and 256 forward passes.
 */
function explainer(network) {
  const [{ W, b, nOut: units }, { W: V, b: c }] = network.layers;
  const logits = new Float64Array(CLASSES);
  const p = new Float64Array(CLASSES);
  const none = new Float64Array(CLASSES);

  /** z = x W + b, the sums of the hidden units. */
  function sums(x) {
    const z = Float64Array.from(b);
    for (let i = 0; i < PIXELS; i++) {
      if (x[i] === 0) continue;
      for (let j = 0, w = i * units; j < units; j++, w++) z[j] += x[i] * W[w];
    }
    return z;
  }

  /** From the sums to logits and probabilities, which the next call overwrites. */
  function finish(z) {
    logits.set(c);
    for (let j = 0; j < units; j++) {
      if (z[j] <= 0) continue;
      for (let k = 0, v = j * CLASSES; k < CLASSES; k++, v++) logits[k] += z[j] * V[v];
    }
    softmaxCrossEntropy(logits, none, 1, p); // its gradient p − t, for t = 0, is the softmax
    return { logits, p };
  }

  function scoreOf(z, { asked, score }) {
    finish(z);
    return score === "logit" ? logits[asked] : p[asked];
  }

  /** ∂S/∂z. */
  function slopes(z, { asked, score }) {
    const ofLogits = new Float64Array(CLASSES);
    ofLogits[asked] = 1;
    if (score !== "logit") {
      finish(z);
      const own = p[asked];
      for (let k = 0; k < CLASSES; k++) ofLogits[k] = own * ((k === asked) - p[k]);
    }
    const g = new Float64Array(units);
    for (let j = 0; j < units; j++) {
      if (z[j] <= 0) continue;
      for (let k = 0, v = j * CLASSES; k < CLASSES; k++, v++) g[j] += ofLogits[k] * V[v];
    }
    return g;
  }

  /** ∂S/∂x = ∂S/∂z Wᵀ. */
  function toInputs(g) {
    const grad = new Float64Array(PIXELS);
    for (let i = 0; i < PIXELS; i++) {
      let sum = 0;
      for (let j = 0, w = i * units; j < units; j++, w++) sum += g[j] * W[w];
      grad[i] = sum;
    }
    return grad;
  }

  const answer = (x) => {
    finish(sums(x));
    const order = Array.from(p.keys()).sort((i, j) => p[j] - p[i]);
    return { logits: Array.from(logits), p: Array.from(p), order };
  };
  const score = (x, ask) => scoreOf(sums(x), ask);
  const gradient = (x, ask) => toInputs(slopes(sums(x), ask));
  const times = (map, x) => map.map((value, i) => value * x[i]);

  /** The walk from x′ to x in n steps, each with the gradient at its midpoint.
   *
   * `sum(u)` is what the steps add up to until u, `map(u)` the same pixel by pixel, and `true(u)`
   * is S(x(u)) − S(x′). At u = 1 the map is that of integrated gradients.
   */
  function walk(x, x0, ask, n) {
    const [start, end] = [sums(x0), sums(x)];
    const on = (u) => start.map((value, j) => value + u * (end[j] - value));
    const all = Array.from({ length: n }, (_, k) => slopes(on((k + 0.5) / n), ask));
    const gains = all.map((g) =>
      g.reduce((sum, value, j) => sum + value * (end[j] - start[j]), 0) / n);
    const from = scoreOf(start, ask);
    // How much of step k lies before u.
    const share = (u, k) => Math.min(1, Math.max(0, u * n - k));
    const sum = (u) => gains.reduce((total, gain, k) => total + gain * share(u, k), 0);
    const map = (u = 1) => {
      const mean = new Float64Array(units);
      all.forEach((g, k) => {
        const part = share(u, k) / n;
        if (part) for (let j = 0; j < units; j++) mean[j] += part * g[j];
      });
      return toInputs(mean).map((value, i) => value * (x[i] - x0[i]));
    };
    const truth = (u) => scoreOf(on(u), ask) - from;
    return { from, to: scoreOf(end, ask), sum, map, true: truth };
  }

  /** S(x) − S(x with a patch around the pixel hidden), for every pixel; 0 where only rounding is
   * left of it. */
  function occlusion(x, x0, ask, size) {
    const z = sums(x);
    const whole = scoreOf(z, ask);
    const changed = new Float64Array(units);
    return Float64Array.from({ length: PIXELS }, (_, pixel) => {
      const place = [Math.floor(pixel / SIDE), pixel % SIDE];
      const { top, left, bottom, right } = patchAt(place, size);
      changed.set(z);
      let same = true;
      for (let row = top; row < bottom; row++) {
        for (let i = row * SIDE + left; i < row * SIDE + right; i++) {
          const change = x0[i] - x[i];
          if (change === 0) continue;
          same = false;
          for (let j = 0, w = i * units; j < units; j++, w++) changed[j] += change * W[w];
        }
      }
      const fall = same ? 0 : whole - scoreOf(changed, ask);
      return Math.abs(fall) > 1e-12 * Math.abs(whole) ? fall : 0;
    });
  }

  /** All four maps; the walk, if it is known, saves another one. */
  function maps(x, x0, ask, { steps, size }, known = walk(x, x0, ask, steps)) {
    const slope = gradient(x, ask);
    return {
      gradient: slope,
      times_input: times(slope, x),
      integrated: known.map(),
      occlusion: occlusion(x, x0, ask, size),
    };
  }

  return { answer, score, gradient, walk, occlusion, maps };
}

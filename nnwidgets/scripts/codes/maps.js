// Two codes of two numbers, the network's and PCA's: encoders, decoders and maps. Numbers only.

import LIMITS from "../codes.json" with { type: "json" };
import { ImageNetwork } from "../shared/digits/network.js";
import { halves } from "../shared/halves.js";

const CLASSES = Array.from({ length: 10 }, (_, k) => k);
const NAMES = Object.keys(LIMITS.codes);

/** The digits kept as images, a class after the other: { label, picture }. */
export function keptOf(bytes, ink) {
  const side = 2 * bytes.byteLength / (CLASSES.length * LIMITS.kept); // pixels of an image
  return CLASSES.flatMap((label) => Array.from({ length: LIMITS.kept }, (_, i) => {
    const start = (label * LIMITS.kept + i) * side;
    const picture = Float64Array.from({ length: side }, (_, p) => {
      const byte = bytes.getUint8((start + p) >> 1);
      const level = p % 2 ? byte >> 4 : byte & 15;
      return Math.round((level * ink) / LIMITS.levels) / ink;
    });
    return { label, picture };
  }));
}

/** Encoder and decoder of the network, whose bottleneck has two units. */
function networkCode(layers, theta) {
  const middle = 1 + layers.slice(1).findIndex(({ n_out: n }) => n === 2) + 1;
  const count = (some) => some.reduce((all, { n_in: n = 0, n_out: m = 0 }) => all + (n + 1) * m, 0);
  const first = count(layers.slice(1, middle));
  const encoder = new ImageNetwork(layers.slice(0, middle), theta.subarray(0, first));
  const decoder = new ImageNetwork(
    [{ kind: "Input", shape: [2] }, ...layers.slice(middle)], theta.subarray(first));
  return {
    encode: (x) => Array.from(encoder.forward(x)),
    decode: (c) => Float64Array.from(decoder.forward(c)),
  };
}

/** PCA's: the mean, and two components, in one row of numbers. */
function planeCode(numbers) {
  const n = numbers.length / 3;
  const [mean, ...axes] = [0, 1, 2].map((i) => numbers.subarray(i * n, (i + 1) * n));
  return {
    encode: (x) => axes.map((axis) =>
      axis.reduce((sum, value, i) => sum + (x[i] - mean[i]) * value, 0)),
    decode: ([a, b]) => mean.map((value, i) => value + a * axes[0][i] + b * axes[1][i]),
  };
}

/** The mean of the squared differences, pixel by pixel. */
export function errorOf(drawing, x) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (drawing[i] - x[i]) ** 2;
  return sum / x.length;
}

/** Which of some pictures is nearest to a drawing, but for number `without`, and how far it is. */
export function nearest(drawing, kept, without = -1) {
  let [best, least] = [0, Infinity];
  for (let k = 0; k < kept.length; k++) {
    if (k === without) continue;
    const { picture } = kept[k];
    let sum = 0;
    for (let i = 0; i < drawing.length && sum < least; i++) {
      const seen = Math.min(1, Math.max(0, drawing[i])); // paper and ink are the ends of grey
      sum += (seen - picture[i]) ** 2;
    }
    if (sum < least) [best, least] = [k, sum];
  }
  return { ...kept[best], far: Math.sqrt(least) };
}

/** The number below which a share of some numbers lies, straight between two of them. */
function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** From numbers that rise to others that rise: straight between them, level beyond. */
function piecewise(xs, ys) {
  const last = xs.length - 1;
  return (x) => {
    if (x <= xs[0]) return ys[0];
    if (x >= xs[last]) return ys[last];
    const k = xs.findLastIndex((one) => one <= x); // so xs[k + 1] > x
    return ys[k] + ((x - xs[k]) / (xs[k + 1] - xs[k])) * (ys[k + 1] - ys[k]);
  };
}

/** An axis of the map: `place` of a code number, from 0 to 1, and the `value` at a place. */
function axis(numbers, scale) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  const room = LIMITS.margin * Math.max(most - least, 1e-3) + 0.01;
  const low = Math.floor((least - room) * 100) / 100;
  const high = Math.ceil((most + room) * 100) / 100;
  let [values, places] = [[low, high], [0, 1]];
  if (scale === "rank") {
    const { intervals: n, edge } = LIMITS;
    const shares = Array.from({ length: n + 1 }, (_, k) => k / n);
    values = [low, ...shares.map((share) => quantile(sorted, share)), high];
    places = [0, ...shares.map((share) => edge + (1 - 2 * edge) * share), 1];
  }
  return { low, high, place: piecewise(values, places), value: piecewise(places, values) };
}

/** Both codes with all that follows from the weights and the digits. `get` reads the model. */
export function codesOf(get) {
  const kept = keptOf(get("_kept"), get("_ink"));
  const others = halves(get("_placed"));
  const coders = {
    network: networkCode(get("_layers"), halves(get("_theta"))),
    pca: planeCode(halves(get("_plane"))),
  };
  const codes = NAMES.map((name, j) => {
    const { encode, decode } = coders[name];
    const own = kept.map(({ label, picture }) => ({ label, code: encode(picture) }));
    const more = CLASSES.flatMap((label) =>
      Array.from({ length: LIMITS.placed - LIMITS.kept }, (_, i) => {
        const at = 4 * (label * (LIMITS.placed - LIMITS.kept) + i) + 2 * j;
        return { label, code: [others[at], others[at + 1]] };
      }));
    const placed = [...own, ...more];
    const drawn = own.map(({ code }) => decode(code));
    const apart = drawn.map((drawing, i) => nearest(drawing, kept, i).far).sort((a, b) => a - b);
    const axes = Object.fromEntries(Object.keys(LIMITS.scales).map((scale) =>
      [scale, [0, 1].map((i) => axis(placed.map(({ code }) => code[i]), scale))]));
    const errors = drawn.map((drawing, i) => errorOf(drawing, kept[i].picture));
    return [name, {
      errors,
      name, encode, decode, placed, axes, limit: quantile(apart, LIMITS.yardstick),
      mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    }];
  });
  const all = Object.fromEntries(codes);
  const { errors } = all.network;
  const clearest = CLASSES.map((label) => { // the digit of a class that the network draws back best
    const own = Array.from({ length: LIMITS.kept }, (_, i) => label * LIMITS.kept + i);
    return kept[own.reduce((best, i) => (errors[i] < errors[best] ? i : best))].picture;
  });
  return { kept, clearest, ...all };
}

/** The codes at the middles of tiles of the map, from its upper left on. */
export function tilesOf([across, up]) {
  const n = LIMITS.tiles;
  return Array.from({ length: n * n }, (_, k) => [
    across.value(((k % n) + 0.5) / n), up.value((n - 0.5 - Math.floor(k / n)) / n),
  ]);
}

/** A code on the straight way from one to another. */
export const between = (a, b, share) => a.map((value, i) => value + share * (b[i] - value));

// What the widget computes: every layer's numbers for a digit, the sum behind one of them, and
// which of them move along when the digit is shifted. Numbers only; feature_maps.js shows them.

import LIMITS from "../feature_maps.json" with { type: "json" };
import { answer } from "../shared/digits/outputs.js";
import { ImageNetwork } from "../shared/digits/network.js";

export const SIDE = 16;
export const LAYERS = LIMITS.layers;
export const MAPPED = Object.keys(LAYERS).filter((layer) => layer !== "output");
const SIZE = 3; // of a kernel
const POOLED = { pool1: "conv1", pool2: "conv2" };

/** An image moved to the right and down; zeros come in, and what leaves is lost. */
export function shifted(image, [across, down]) {
  return Float64Array.from(image, (_, i) => {
    const [row, column] = [Math.floor(i / SIDE) - down, (i % SIDE) - across];
    const inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
    return inside ? image[row * SIDE + column] : 0;
  });
}

/** The network with its kernels, learned or edited. */
export class Reader {
  constructor(layers, theta) {
    this.network = new ImageNetwork(layers, theta);
    this.learned = theta.slice();
    const [conv1, relu1, pool1, conv2, relu2, pool2, , output] = this.network.layers;
    this.layers = { conv1, pool1, conv2, pool2, output };
    this.relus = { conv1: relu1, conv2: relu2 };
    /** How many maps each layer gives. */
    this.maps = { conv1: conv1.n_out, conv2: conv2.n_out, output: output.n_out };
    Object.assign(this.maps, { pool1: this.maps.conv1, pool2: this.maps.conv2 });
    /** How many maps each layer takes. */
    this.sources = { conv1: 1, pool1: 1, conv2: conv1.n_out, pool2: 1, output: conv2.n_out };
  }

  /** The nine weights of a map of the first layer, row by row; as they were learned, if wanted. */
  kernel(map, theta = this.network.theta) {
    return Array.from({ length: SIZE * SIZE }, (_, i) => theta[i * this.maps.conv1 + map]);
  }

  /** Put edited kernels, { map: nine weights }, in the place of the learned ones. */
  edit(kernels) {
    this.network.theta.set(this.learned);
    for (const [map, weights] of Object.entries(kernels)) {
      const k = Number(map);
      if (k >= this.maps.conv1) continue;
      weights.forEach((w, i) => (this.layers.conv1.W[i * this.maps.conv1 + k] = w));
    }
  }

  /** All layers' numbers: image, conv1 and conv2 (before ReLU), pool1, pool2, output (logits), and
   * the answer { p, order }. */
  run(image) {
    this.network.forward(image);
    const found = { image };
    for (const [name, layer] of Object.entries(this.layers)) found[name] = layer.y.slice();
    return { ...found, ...answer(found.output) };
  }

  /** The number of a layer, with all that makes it.
   *
   * `cells` are the numbers of the window in the map `source`, row by row, each
   * { x, w, product, outside }; `partial` are the sums of each map that comes in. Then
   * sum + bias = z. For pooling, cells are { z, x } with x = ReLU(z), `largest` is the place of the
   * one that is kept, and z is it.
   * `pooled` is, for a convolution, the four that are pooled with it and the largest of them.
   */
  explain(run, { layer, map, place: [row, column], source }) {
    if (layer in POOLED) return this.pooling(run, layer, map, row, column);
    const { W, b } = this.layers[layer];
    const [maps, sources] = [this.maps[layer], this.sources[layer]];
    const output = layer === "output";
    const x = { conv1: run.image, conv2: run.pool1, output: run.pool2 }[layer];
    const side = { conv1: SIDE, conv2: SIDE / 2, output: SIDE / 4 }[layer];
    const size = output ? side : SIZE;
    const [top, left] = output ? [0, 0] : [row - 1, column - 1];
    const cells = [];
    const partial = new Float64Array(sources);
    let sum = 0;
    for (let u = 0; u < size; u++) {
      for (let v = 0; v < size; v++) {
        const [r, c] = [top + u, left + v];
        const outside = r < 0 || r >= side || c < 0 || c >= side;
        for (let k = 0; k < sources; k++) {
          const value = outside ? 0 : x[(r * side + c) * sources + k];
          const w = W[((u * size + v) * sources + k) * maps + map];
          sum += value * w;
          partial[k] += value * w;
          if (k === source) cells.push({ x: value, w, product: value * w, outside });
        }
      }
    }
    const bias = b[map];
    const window = { row: top, column: left, size, side };
    const found = { size, window, cells, partial, sum, bias, z: sum + bias };
    if (output) return { ...found, p: run.p[map] };
    const [pr, pc] = [row >> 1, column >> 1];
    const pool = this.pooling(run, layer === "conv1" ? "pool1" : "pool2", map, pr, pc);
    const mine = (row & 1) * 2 + (column & 1);
    return { ...found, pooled: { ...pool, kept: pool.largest === mine, row: pr, column: pc } };
  }

  /** The largest of four. */
  pooling(run, layer, map, row, column) {
    const before = run[POOLED[layer]];
    const [maps, side] = [this.maps[layer], LAYERS[layer].side * 2];
    const cells = [0, 1, 2, 3].map((i) => {
      const [r, c] = [2 * row + (i >> 1), 2 * column + (i & 1)];
      const z = before[(r * side + c) * maps + map];
      return { z, x: z > 0 ? z : 0 };
    });
    const largest = cells.reduce((best, { x }, i) => (x > cells[best].x ? i : best), 0);
    const window = { row: 2 * row, column: 2 * column, size: 2, side };
    return { size: 2, window, cells, largest, z: cells[largest].x };
  }

  /** Which numbers of a layer moved along with the digit, when the image was shifted.
   *
   * A number moved along if the very same one stood, before, as far away as the digit was shifted:
   * shift / stride places. If that is no whole number, the nearest places are tried, and those that
   * agree best are taken. Numbers that an empty image gives too, before and after, do not count,
   * nor do those that came from outside. `marks` holds 1 for each that moved along, 2 for one that
   * did not, 0 for one that does not count.
   */
  moved(before, after, blank, name, shift) {
    const [{ side, stride }, maps] = [LAYERS[name], this.maps[name]];
    const [a, b, none] = [before[name], after[name], blank[name]];
    const near = shift.map((d) => [...new Set([Math.floor(d / stride), Math.ceil(d / stride)])]);
    let best = null;
    for (const across of near[0]) {
      for (const down of near[1]) {
        const marks = new Uint8Array(b.length);
        let [seen, along] = [0, 0];
        for (let i = 0; i < b.length; i++) {
          const place = Math.floor(i / maps);
          const [row, column] = [Math.floor(place / side) - down, (place % side) - across];
          if (row < 0 || row >= side || column < 0 || column >= side) continue;
          const j = (row * side + column) * maps + (i % maps);
          if (b[i] === none[i] && a[j] === none[j]) continue;
          seen += 1;
          along += b[i] === a[j];
          marks[i] = b[i] === a[j] ? 1 : 2;
        }
        if (!best || along > best.along) best = { marks, seen, along, across, down };
      }
    }
    return { ...best, whole: near.every((places) => places.length === 1) };
  }
}

/** The receptive field of a number: the part of the image that it can depend on, { row, column,
 * size }, which may reach beyond the edges. */
export function field(layer, [row, column]) {
  const { stride } = LAYERS[layer];
  const [before, size] = { conv1: [1, 3], pool1: [1, 4], conv2: [3, 8], pool2: [3, 10] }[layer]
    ?? [0, SIDE]; // an output sees all
  return { row: row * stride - before, column: column * stride - before, size };
}

/** How far two vectors differ, as a share of the first one's length. */
export function change(a, b) {
  const length = (values) => Math.hypot(...values);
  return length(a.map((value, i) => b[i] - value)) / (length(a) || 1);
}

/** The preset that a kernel is, if any. */
export function presetOf(kernel, learned) {
  const same = (weights) => weights.every((w, i) => w === kernel[i]);
  if (same(learned)) return "learned";
  return Object.keys(LIMITS.kernels).find((key) => same(LIMITS.kernels[key].weights)) ?? "own";
}

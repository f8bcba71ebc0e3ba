// A recurrent network that reads symbols one by one: states and gates, odds for the next symbol,
// and the gradient through time. nnlib's RNN and LSTM; `packed` in nnwidgets/networks.py makes what
// it takes. Vectors lie in typed arrays; W and V hold an LSTM's parts side by side: i, f, u, o.

import { ACTIVATIONS } from "../shared/engine.js";

// A gradient that has shrunk to this stays 0 from here on: subnormal numbers would take a computer
// ten times as long.
const NOTHING = 1e-200;

const sigmoid = ACTIVATIONS.sigmoid.f;

/** What a step makes of its weighted sums and the step before, and back: from ∂/∂h and ∂/∂c, which
 * become those of the step before along the cell, to ∂/∂sums. */
const KINDS = {
  RNN: {
    parts: ["h"], sums: 1,
    step(n, z) {
      return { h: z.map(Math.tanh) };
    },
    back(n, now, before, dh, dc, dz) {
      for (let k = 0; k < n; k++) dz[k] = dh[k] * (1 - now.h[k] * now.h[k]);
    },
  },
  LSTM: {
    parts: ["h", "c", "i", "f", "u", "o"], sums: 4,
    step(n, z, before) {
      const [i, f, u, o] = [0, 1, 2, 3].map((part) =>
        z.slice(part * n, (part + 1) * n).map(part === 2 ? Math.tanh : sigmoid));
      const c = before.c.map((content, k) => f[k] * content + i[k] * u[k]);
      return { h: c.map((content, k) => o[k] * Math.tanh(content)), c, i, f, u, o };
    },
    back(n, { c, i, f, u, o }, before, dh, dc, dz) {
      for (let k = 0; k < n; k++) {
        const shown = Math.tanh(c[k]);
        dc[k] += dh[k] * o[k] * (1 - shown * shown);
        dz[k] = dc[k] * u[k] * i[k] * (1 - i[k]);
        dz[n + k] = dc[k] * before.c[k] * f[k] * (1 - f[k]);
        dz[2 * n + k] = dc[k] * i[k] * (1 - u[k] * u[k]);
        dz[3 * n + k] = dh[k] * shown * o[k] * (1 - o[k]);
        dc[k] *= f[k];
      }
    },
  },
};

/** y += x W, where W has `columns`. */
function addProduct(y, x, W, columns) {
  for (let i = 0, w = 0; i < x.length; i++) {
    const value = x[i];
    for (let j = 0; j < columns; j++, w++) y[j] += value * W[w];
  }
  return y;
}

/** y = g Wᵀ. Two sums at a time: one alone would wait for itself at each addition. */
function backProduct(y, g, W) {
  const n = g.length;
  for (let i = 0, w = 0; i < y.length; i++, w += n) {
    let [even, odd, j] = [0, 0, 0];
    for (; j < n - 1; j += 2) {
      even += g[j] * W[w + j];
      odd += g[j + 1] * W[w + j + 1];
    }
    y[i] = even + odd + (j < n ? g[j] * W[w + j] : 0);
  }
  return y;
}

/** softmax(logits / T); at T = 0 all goes to the first of the largest. */
export function softened(logits, T = 1) {
  const largest = logits.reduce((most, z) => Math.max(most, z), -Infinity);
  const sure = logits.indexOf(largest);
  const e = logits.map((z, k) => (T === 0 ? Number(k === sure) : Math.exp((z - largest) / T)));
  const total = e.reduce((sum, part) => sum + part, 0);
  return e.map((part) => part / total);
}

/** The symbol that a number u in [0, 1) draws. */
export function drawn(p, u) {
  let sum = 0;
  for (let k = 0; k < p.length; k++) if ((sum += p[k]) > u) return k;
  return p.indexOf(p.reduce((most, part) => Math.max(most, part), 0)); // sums may miss 1
}

export class Reader {
  /** `layers` as `packed` describes them: an embedding or none, RNN or LSTM, Dense. */
  constructor([, ...layers], theta) {
    const [layer, dense] = layers.slice(-2);
    const kind = KINDS[layer.kind];
    if (!kind) throw new Error(`no recurrent layer ${layer.kind}`);
    const embedded = layers.length > 2;
    this.symbols = dense.n_out;
    this.units = layer.n_out;
    this.parts = kind.parts;
    this.features = layer.n_in;
    this.kind = kind;
    this.sums = kind.sums * this.units;
    let start = 0;
    const share = (n) => theta.subarray(start, (start += n));
    const E = embedded ? share(this.symbols * layer.n_in) : null;
    this.W = share(layer.n_in * this.sums);
    this.V = share(this.units * this.sums);
    const b = share(this.sums);
    this.out = { W: share(this.units * this.symbols), b: share(this.symbols) };
    if (start !== theta.length) throw new Error(`${theta.length} parameters, not ${start}`);
    // x W + b, once for each symbol: texts hold the same ones again and again.
    this.table = Array.from({ length: this.symbols }, (_, k) => {
      const x = E ? E.subarray(k * layer.n_in, (k + 1) * layer.n_in)
        : Float64Array.from({ length: layer.n_in }, (_, i) => Number(i === k));
      return addProduct(Float64Array.from(b), x, this.W, this.sums);
    });
    const zero = new Float64Array(this.units);
    this.before = Object.fromEntries(kind.parts.map((part) => [part, zero]));
    this.read = [];
    this.steps = [];
  }

  /** Read symbols from the beginning; what was read before and is the same stays. */
  follow(symbols) {
    let same = 0;
    while (same < this.read.length && this.read[same] === symbols[same]) same++;
    this.read = [...symbols];
    this.steps.length = same;
    for (const symbol of symbols.slice(same)) {
      const before = this.steps.at(-1) ?? this.before;
      const z = addProduct(Float64Array.from(this.table[symbol]), before.h, this.V, this.sums);
      const now = this.kind.step(this.units, z, before);
      now.logits = addProduct(Float64Array.from(this.out.b), now.h, this.out.W, this.symbols);
      now.p = softened(now.logits);
      this.steps.push(now);
    }
    return this.steps;
  }

  /** What a symbol after step t costs: −log₂ p, also where p itself is too small a number. */
  bits(t, symbol) {
    const { logits } = this.steps[t];
    const largest = logits.reduce((most, z) => Math.max(most, z), -Infinity);
    const sum = logits.reduce((all, z) => all + Math.exp(z - largest), 0);
    return (Math.log(sum) + largest - logits[symbol]) / Math.LN2;
  }

  /** The symbol after those read so far, at a temperature, drawn by a number u in [0, 1). */
  next(T, u) {
    return drawn(softened(this.steps.at(-1).logits, T), u);
  }

  /** The length of ∂ log₂ p(symbol after step t) / ∂ x, for what was read at 0 … t. */
  influence(t, symbol) {
    const { units, kind } = this;
    const ofLogits = this.steps[t].p.map((p, k) => (Number(k === symbol) - p) / Math.LN2);
    const dh = backProduct(new Float64Array(units), ofLogits, this.out.W);
    const [dc, dz] = [new Float64Array(units), new Float64Array(this.sums)];
    const dx = new Float64Array(this.features);
    const lengths = new Float64Array(t + 1);
    for (let s = t; s >= 0; s--) {
      kind.back(units, this.steps[s], this.steps[s - 1] ?? this.before, dh, dc, dz);
      lengths[s] = Math.hypot(...backProduct(dx, dz, this.W));
      backProduct(dh, dz, this.V);
      const rest = [dh, dc].flatMap((part) => Array.from(part, Math.abs));
      if (Math.max(...rest) < NOTHING) break;
    }
    return lengths;
  }
}

// Dense networks in the browser: nnlib's formulas line for line, on typed arrays, nothing else.
//
// As in nnlib, rows are samples, all parameters lie in one vector `theta` (for each layer W by
// rows, then b) and all gradients in `grad`; so a vector from Python can be copied as it is.
// `forward` computes, `backward` differentiates, an optimizer's `step` updates.

/** Each activation f, and its slope written with the output y = f(z). */
export const ACTIVATIONS = {
  none: { f: (z) => z, slope: () => 1 },
  sigmoid: { f: (z) => 1 / (1 + Math.exp(-z)), slope: (y) => y * (1 - y) },
  tanh: { f: Math.tanh, slope: (y) => 1 - y * y },
  relu: { f: (z) => (z > 0 ? z : 0), slope: (y) => (y > 0 ? 1 : 0) },
};

/** A seeded random generator (sfc32): the same seed gives the same numbers in every browser. */
export class Random {
  constructor(seed) {
    if (!Number.isInteger(seed)) throw new TypeError(`seed must be an integer; got ${seed}`);
    this.state = Uint32Array.of(0x9e3779b9, 0x243f6a88, seed, 1);
    for (let i = 0; i < 16; i++) this.bits();
  }

  /** 32 random bits. */
  bits() {
    const s = this.state;
    const sum = (s[0] + s[1] + s[3]) >>> 0;
    s[3] += 1;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + sum;
    return sum;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform() {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** Normal with mean 0 and standard deviation 1 (Box & Muller, 1958). */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A random order of 0 … n − 1 (Fisher & Yates). */
  permutation(n) {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** First values of the weights, as in nnlib.initializers: (random, nIn, nOut) => number. */
export const INITIALIZERS = {
  glorot: (random, nIn, nOut) => Math.sqrt(6 / (nIn + nOut)) * (2 * random.uniform() - 1),
  he: (random, nIn) => Math.sqrt(2 / nIn) * random.normal(),
  small: (random) => 0.01 * random.normal(), // normal(0.01)
  standard: (random) => random.normal(), // normal(1)
};

/** Dense layers in a row.
 *
 * `layers` holds one object a layer: { units, activation = "none", dropout = 0, residual = false }.
 * Dropout acts on the layer's output; a residual layer adds its input: y = x + f(x W + b).
 */
export class Network {
  constructor(nIn, layers, { random = new Random(0), initializer = INITIALIZERS.glorot } = {}) {
    this.nIn = nIn;
    this.random = random;
    let width = nIn;
    let size = 0;
    this.layers = layers.map(({ units, activation = "none", dropout = 0, residual = false }, k) => {
      if (!(activation in ACTIVATIONS)) throw new Error(`layer ${k}: no activation ${activation}`);
      if (!(dropout >= 0 && dropout < 1)) throw new Error(`layer ${k}: dropout ${dropout}`);
      if (residual && units !== width) throw new Error(`layer ${k}: ${units} units, not ${width}`);
      const layer = { nIn: width, nOut: units, activation, dropout, residual, start: size };
      size += (width + 1) * units;
      width = units;
      return layer;
    });
    this.nOut = width;
    this.theta = new Float64Array(size);
    this.grad = new Float64Array(size);
    for (const layer of this.layers) {
      const end = layer.start + layer.nIn * layer.nOut;
      layer.W = this.theta.subarray(layer.start, end);
      layer.b = this.theta.subarray(end, end + layer.nOut);
      layer.dW = this.grad.subarray(layer.start, end);
      layer.db = this.grad.subarray(end, end + layer.nOut);
    }
    this.batch = 0;
    this.initialize(initializer);
  }

  /** Draw the weights; the biases begin at 0. */
  initialize(initializer) {
    for (const { W, b, nIn, nOut } of this.layers) {
      for (let i = 0; i < W.length; i++) W[i] = initializer(this.random, nIn, nOut);
      b.fill(0);
    }
  }

  /** Make room for a batch; kept from one call to the next. */
  allocate(batch) {
    for (const layer of this.layers) {
      layer.a = new Float64Array(batch * layer.nOut); // f(x W + b)
      layer.mask = layer.dropout ? new Float64Array(batch * layer.nOut) : null;
      layer.y = layer.residual || layer.dropout ? new Float64Array(batch * layer.nOut) : layer.a;
      layer.dz = new Float64Array(batch * layer.nOut);
      layer.dx = new Float64Array(batch * layer.nIn);
    }
    this.batch = batch;
  }

  /** Map x, (batch × nIn), to the output, (batch × nOut), which the next call overwrites. */
  forward(x, training = false) {
    const batch = x.length / this.nIn;
    if (batch !== this.batch) this.allocate(batch);
    for (const layer of this.layers) {
      layer.x = x;
      dense(x, layer.W, layer.b, layer.a, batch, layer.nIn, layer.nOut);
      if (layer.activation !== "none") {
        const { a } = layer;
        const { f } = ACTIVATIONS[layer.activation];
        for (let i = 0; i < a.length; i++) a[i] = f(a[i]);
      }
      if (layer.y !== layer.a) this.finish(layer, training);
      x = layer.y;
    }
    return x;
  }

  /** Add the input of a residual layer, and silence what dropout draws. */
  finish(layer, training) {
    const { x, y, a, mask, residual, dropout } = layer;
    for (let i = 0; i < y.length; i++) y[i] = residual ? x[i] + a[i] : a[i];
    if (!mask) return;
    const keep = 1 - dropout;
    for (let i = 0; i < y.length; i++) {
      mask[i] = !training ? 1 : this.random.uniform() < keep ? 1 / keep : 0;
      y[i] *= mask[i];
    }
  }

  /** Write `grad` from ∂L/∂output of the last `forward`; return ∂L/∂x if it is wanted. */
  backward(grad, inputGrad = true) {
    for (let k = this.layers.length - 1; k >= 0; k--) {
      const layer = this.layers[k];
      const { a, dz, dx, mask } = layer;
      const { slope } = ACTIVATIONS[layer.activation];
      for (let i = 0; i < dz.length; i++) {
        dz[i] = (mask ? grad[i] * mask[i] : grad[i]) * slope(a[i]);
      }
      denseGradients(layer, this.batch);
      if (k === 0 && !inputGrad) return null;
      denseInputGradient(layer, this.batch);
      if (layer.residual) {
        for (let i = 0; i < dx.length; i++) dx[i] += mask ? grad[i] * mask[i] : grad[i];
      }
      grad = dx;
    }
    return grad;
  }

  /** One step of training on a batch: forward, loss, backward, step. Returns the loss before it. */
  train(x, target, loss, optimizer, weightDecay = 0) {
    const output = this.forward(x, true);
    this.outputGrad = sized(this.outputGrad, output.length);
    const value = loss(output, target, this.batch, this.outputGrad);
    this.backward(this.outputGrad, false);
    if (weightDecay) {
      for (const { W, dW } of this.layers) {
        for (let i = 0; i < W.length; i++) dW[i] += weightDecay * W[i];
      }
    }
    optimizer.step(this.theta, this.grad);
    return value;
  }
}

// The three products below take four inputs, or four samples, at a time: a number is then read and
// written once for four terms of its sum. The terms are added in the order of the plain loops.

/** y = x W + b. */
function dense(x, W, b, y, batch, nIn, nOut) {
  const fours = nIn - (nIn % 4);
  for (let n = 0; n < batch; n++) {
    const row = n * nOut;
    const from = n * nIn;
    for (let j = 0; j < nOut; j++) y[row + j] = b[j];
    for (let i = 0; i < fours; i += 4) {
      const [x0, x1, x2, x3] = [x[from + i], x[from + i + 1], x[from + i + 2], x[from + i + 3]];
      const [w0, w1, w2, w3] = [i * nOut, (i + 1) * nOut, (i + 2) * nOut, (i + 3) * nOut];
      for (let j = 0; j < nOut; j++) {
        y[row + j] = y[row + j] + x0 * W[w0 + j] + x1 * W[w1 + j] + x2 * W[w2 + j] + x3 * W[w3 + j];
      }
    }
    for (let i = fours; i < nIn; i++) {
      const value = x[from + i];
      for (let j = 0, w = i * nOut; j < nOut; j++, w++) y[row + j] += value * W[w];
    }
  }
}

/** ∂L/∂W = xᵀ g and ∂L/∂b = Σ over the batch of g, where g = ∂L/∂z. */
function denseGradients({ x, dz, dW, db, nIn, nOut }, batch) {
  dW.fill(0);
  db.fill(0);
  for (let n = 0; n < batch; n++) {
    const row = n * nOut;
    for (let j = 0; j < nOut; j++) db[j] += dz[row + j];
  }
  const fours = batch - (batch % 4);
  for (let n = 0; n < fours; n += 4) {
    const [d0, d1, d2, d3] = [n * nOut, (n + 1) * nOut, (n + 2) * nOut, (n + 3) * nOut];
    for (let i = 0; i < nIn; i++) {
      const at = n * nIn + i;
      const [x0, x1, x2, x3] = [x[at], x[at + nIn], x[at + 2 * nIn], x[at + 3 * nIn]];
      for (let j = 0, w = i * nOut; j < nOut; j++, w++) {
        dW[w] = dW[w] + x0 * dz[d0 + j] + x1 * dz[d1 + j] + x2 * dz[d2 + j] + x3 * dz[d3 + j];
      }
    }
  }
  for (let n = fours; n < batch; n++) {
    const row = n * nOut;
    for (let i = 0; i < nIn; i++) {
      const value = x[n * nIn + i];
      for (let j = 0, w = i * nOut; j < nOut; j++, w++) dW[w] += value * dz[row + j];
    }
  }
}

/** ∂L/∂x = g Wᵀ. */
function denseInputGradient({ W, dz, dx, nIn, nOut }, batch) {
  const fours = nIn - (nIn % 4);
  for (let n = 0; n < batch; n++) {
    const row = n * nOut;
    for (let i = 0; i < fours; i += 4) {
      const [w0, w1, w2, w3] = [i * nOut, (i + 1) * nOut, (i + 2) * nOut, (i + 3) * nOut];
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let j = 0; j < nOut; j++) {
        const g = dz[row + j];
        s0 += g * W[w0 + j];
        s1 += g * W[w1 + j];
        s2 += g * W[w2 + j];
        s3 += g * W[w3 + j];
      }
      const to = n * nIn + i;
      dx[to] = s0;
      dx[to + 1] = s1;
      dx[to + 2] = s2;
      dx[to + 3] = s3;
    }
    for (let i = fours; i < nIn; i++) {
      let sum = 0;
      for (let j = 0, w = i * nOut; j < nOut; j++, w++) sum += dz[row + j] * W[w];
      dx[n * nIn + i] = sum;
    }
  }
}

/** Losses: return the mean over the batch, and write its gradient for the output into `grad`. */
export function halfSquaredError(output, target, batch, grad) {
  let sum = 0;
  for (let i = 0; i < output.length; i++) {
    const difference = output[i] - target[i];
    sum += difference * difference;
    grad[i] = difference / batch;
  }
  return (0.5 * sum) / batch;
}

/** The output holds logits; targets are rows of probabilities. */
export function softmaxCrossEntropy(output, target, batch, grad) {
  const classes = output.length / batch;
  let sum = 0;
  for (let start = 0; start < output.length; start += classes) {
    const end = start + classes;
    let largest = -Infinity;
    for (let i = start; i < end; i++) largest = Math.max(largest, output[i]);
    let total = 0;
    for (let i = start; i < end; i++) total += grad[i] = Math.exp(output[i] - largest);
    sum += Math.log(total);
    for (let i = start; i < end; i++) {
      sum -= (output[i] - largest) * target[i];
      grad[i] = (grad[i] / total - target[i]) / batch;
    }
  }
  return sum / batch;
}

/** What an optimizer keeps between steps: vectors as long as theta, from 0. */
function sized(vector, length) {
  return vector?.length === length ? vector : new Float64Array(length);
}

/** θ ← θ − η g. */
export class SGD {
  constructor(learningRate) {
    this.learningRate = learningRate;
  }

  step(theta, grad) {
    for (let i = 0; i < theta.length; i++) theta[i] -= this.learningRate * grad[i];
  }
}

/** v ← λ v − (1 − λ) g;  θ ← θ + η v: the deck's form. */
export class Momentum {
  constructor(learningRate, { momentum = 0.9 } = {}) {
    Object.assign(this, { learningRate, momentum });
  }

  step(theta, grad) {
    const v = (this.velocity = sized(this.velocity, theta.length));
    for (let i = 0; i < theta.length; i++) {
      v[i] = this.momentum * v[i] - (1 - this.momentum) * grad[i];
      theta[i] += this.learningRate * v[i];
    }
  }
}

/** v ← μ v − η g;  θ ← θ + μ v − η g. */
export class Nesterov {
  constructor(learningRate, { momentum = 0.9 } = {}) {
    Object.assign(this, { learningRate, momentum });
  }

  step(theta, grad) {
    const v = (this.velocity = sized(this.velocity, theta.length));
    for (let i = 0; i < theta.length; i++) {
      const step = this.learningRate * grad[i];
      v[i] = this.momentum * v[i] - step;
      theta[i] += this.momentum * v[i] - step;
    }
  }
}

/** s ← ρ s + (1 − ρ) g²;  θ ← θ − η g / (√s + ε). */
export class RMSProp {
  constructor(learningRate, { decay = 0.9, epsilon = 1e-8 } = {}) {
    Object.assign(this, { learningRate, decay, epsilon });
  }

  step(theta, grad) {
    const s = (this.square = sized(this.square, theta.length));
    for (let i = 0; i < theta.length; i++) {
      s[i] = this.decay * s[i] + (1 - this.decay) * grad[i] * grad[i];
      theta[i] -= (this.learningRate * grad[i]) / (Math.sqrt(s[i]) + this.epsilon);
    }
  }
}

/** Momentum and RMSProp together, both corrected for their start at zero. */
export class Adam {
  constructor(learningRate = 0.001, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {}) {
    Object.assign(this, { learningRate, beta1, beta2, epsilon, steps: 0 });
  }

  step(theta, grad) {
    const { beta1, beta2, epsilon } = this;
    const m = (this.mean = sized(this.mean, theta.length));
    const v = (this.square = sized(this.square, theta.length));
    this.steps += 1;
    const correct1 = 1 - beta1 ** this.steps;
    const correct2 = Math.sqrt(1 - beta2 ** this.steps);
    const rate = (this.learningRate * correct2) / correct1;
    for (let i = 0; i < theta.length; i++) {
      m[i] = beta1 * m[i] + (1 - beta1) * grad[i];
      v[i] = beta2 * v[i] + (1 - beta2) * grad[i] * grad[i];
      theta[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + epsilon * correct2);
    }
  }
}

/** By nnlib's names. */
export const OPTIMIZERS = { SGD, Momentum, Nesterov, RMSProp, Adam };
export const LOSSES = {
  HalfSquaredError: halfSquaredError,
  SoftmaxCrossEntropy: softmaxCrossEntropy,
};

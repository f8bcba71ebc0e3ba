// A run of the playground: the network, its data, and every update so far, as nnlib makes them.

import LIMITS from "../playground.json" with { type: "json" };
import { LOSSES, Network, OPTIMIZERS, Random } from "../shared/engine.js";

const CLASSES = { tanh: "Tanh", relu: "ReLU", sigmoid: "Sigmoid" };

/** The samples from first to last of x1s, x2s, classes: inputs, targets as two columns, classes. */
function samples(x1, x2, classes, first, last) {
  const n = last - first;
  const [x, target, y] = [new Float64Array(2 * n), new Float64Array(2 * n), new Uint8Array(n)];
  for (let i = 0; i < n; i++) {
    x.set([x1[first + i], x2[first + i]], 2 * i);
    y[i] = classes[first + i];
    target[2 * i + y[i]] = 1;
  }
  return { n, x, target, y };
}

/** Draws first weights, orders and dropout in nnlib's order, so that Python repeats it. */
export class Run {
  constructor(settings, sets) {
    this.settings = settings;
    const { data, points, hidden, dropout, seed, optimizer, learning_rate: rate } = settings;
    if (data === LIMITS.own) {
      const columns = [0, 1, 2].map((k) => points.map((point) => point[k]));
      [this.training, this.test] = [samples(...columns, 0, points.length), null];
    } else {
      const n = LIMITS.samples; // of each kind
      const columns = [0, 1, 2].map((k) => sets[data].slice(2 * n * k, 2 * n * (k + 1)));
      [this.training, this.test] = [samples(...columns, 0, n), samples(...columns, n, 2 * n)];
    }
    const spec = hidden.map(([units, activation]) => ({ units, activation, dropout }));
    this.spec = [...spec, { units: 2 }];
    this.random = new Random(seed);
    this.network = new Network(2, this.spec, { random: this.random });
    this.rule = new OPTIMIZERS[optimizer](rate);
    this.judges = new Map(); // networks that only look, each with room for one size of batch
    this.updates = 0;
    this.next = 0; // the first sample of the next batch, in this epoch's order
    this.epochs = 0;
    this.diverged = "";
    this.history = [this.judge()];
  }

  /** A network with the present parameters and without dropout, for n samples. */
  look(n) {
    const plain = this.spec.map(({ units, activation }) => ({ units, activation }));
    if (!this.judges.has(n)) this.judges.set(n, new Network(2, plain));
    const network = this.judges.get(n);
    network.theta.set(this.network.theta);
    return network;
  }

  /** Loss and share of right answers, on training and test data; null where there is no data. */
  judge() {
    const of = (part) => {
      if (!part?.n) return null;
      const output = this.look(part.n).forward(part.x);
      let right = 0;
      for (let i = 0; i < part.n; i++) {
        if (output[2 * i + 1] > output[2 * i] === (part.y[i] === 1)) right += 1;
      }
      const room = new Float64Array(output.length);
      const loss = LOSSES.SoftmaxCrossEntropy(output, part.target, part.n, room);
      return { loss, right: right / part.n };
    };
    return { training: of(this.training), test: of(this.test) };
  }

  get batch() {
    return Math.min(this.settings.batch_size, this.training.n);
  }

  /** One update with one batch. Returns false when the run has come to an end. */
  update() {
    const { n, x, target } = this.training;
    if (this.diverged || n === 0) return false;
    if (this.next === 0) this.order = this.random.permutation(n);
    const last = Math.min(this.next + this.batch, n);
    const size = 2 * (last - this.next);
    const [xs, targets] = [new Float64Array(size), new Float64Array(size)];
    for (let i = this.next; i < last; i++) {
      const from = 2 * this.order[i];
      xs.set(x.subarray(from, from + 2), 2 * (i - this.next));
      targets.set(target.subarray(from, from + 2), 2 * (i - this.next));
    }
    const { weight_decay: decay } = this.settings;
    const loss = this.network.train(xs, targets, LOSSES.SoftmaxCrossEntropy, this.rule, decay);
    this.updates += 1;
    this.next = last === n ? 0 : last;
    if (this.next === 0) this.epochs += 1;
    if (!Number.isFinite(loss) || !this.network.theta.every(Number.isFinite)) {
      const what = "the numbers have grown beyond all bounds";
      this.diverged = `Diverged at update ${this.updates}: ${what}. Try a smaller learning rate.`;
    } else if (this.next === 0) this.history.push(this.judge());
    return !this.diverged;
  }

  /** Updates to the end of the epoch. */
  epoch() {
    const { epochs } = this;
    while (this.epochs === epochs) if (!this.update()) return false;
    return true;
  }

  /** Ordinary nnlib code that repeats the run, up to its last whole epoch. */
  python() {
    const { data, points, hidden, optimizer, dropout, seed } = this.settings;
    const { learning_rate: rate, weight_decay: decay } = this.settings;
    const used = [...new Set(hidden.map(([, activation]) => CLASSES[activation]))];
    if (dropout && hidden.length) used.push("Dropout");
    const names = [optimizer, "Dense", "Network", "SoftmaxCrossEntropy", "fit", ...used].sort();
    const layers = [];
    let width = 2;
    for (const [units, activation] of hidden) {
      layers.push(`Dense(${width}, ${units})`, `${CLASSES[activation]}()`);
      if (dropout) layers.push(`Dropout(${dropout}, rng=rng)`);
      width = units;
    }
    layers.push(`Dense(${width}, 2)`);
    const own = points.map((point) => `    (${point.join(", ")}),\n`).join("");
    const samplesOf = data === LIMITS.own
      ? `points = np.array([\n${own}])\nX, y = points[:, :2], points[:, 2].astype(int)`
      : `X, y, X_test, y_test = data("${data}")`;
    const epochs = this.history.length - 1;
    const reached = this.history[epochs].training?.loss.toFixed(9) ?? "no points";
    return [
      ...(data === LIMITS.own ? ["import numpy as np", ""] : []),
      `from nnlib import ${names.join(", ")}`,
      ...(data === LIMITS.own ? [] : ["from nnwidgets.playground import data"]),
      "from nnwidgets.engine_random import EngineRandom",
      "",
      `rng = EngineRandom(${seed})  # the widget's random numbers`,
      samplesOf,
      `layers = [${layers.join(", ")}]`,
      "network = Network(layers, rng=rng)",
      "loss = SoftmaxCrossEntropy()",
      ...(epochs ? [
        `fit(network, X, y, loss=loss, optimizer=${optimizer}(${rate}), epochs=${epochs},`,
        `    batch_size=${this.batch}, weight_decay=${decay}, rng=rng)`,
      ] : []),
      `training_loss = loss(network.predict(X), y)[0]  # here: ${reached}`,
      "",
    ].join("\n");
  }
}

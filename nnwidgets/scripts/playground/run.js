// A run of the playground: the network, its data, and every update so far, as nnlib makes them.

import LIMITS from "../playground.json" with { type: "json" };
import { LOSSES, Network, OPTIMIZERS, Random } from "../shared/engine.js";

const CLASSES = { tanh: "Tanh", relu: "ReLU", sigmoid: "Sigmoid" };
const MEMORY = { // what each optimizer remembers from update to update
  SGD: [], Momentum: ["velocity"], Nesterov: ["velocity"], RMSProp: ["square"],
  Adam: ["mean", "square"],
};
const KEPT = 500; // points of the loss curve; when there are more, every second one goes

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
    this.began = this.random.state.slice(); // when this epoch's order was drawn
    this.diverged = "";
    this.every = 1; // epochs between two points of the curve
    this.history = [];
    this.remember();
  }

  /** A network with the present parameters and without dropout, for n samples. */
  look(n) {
    const plain = this.spec.map(({ units, activation }) => ({ units, activation }));
    if (!this.judges.has(n)) this.judges.set(n, new Network(2, plain));
    const network = this.judges.get(n);
    network.theta.set(this.network.theta);
    return network;
  }

  /** Loss and share of right answers now, on training and test data; null where there is none. */
  judge() {
    if (this.judged?.updates === this.updates) return this.judged;
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
    const { updates } = this;
    this.judged = { updates, training: of(this.training), test: of(this.test) };
    const parts = [this.judged.training, this.judged.test];
    if (!finite(parts.map((part) => part?.loss ?? 0))) this.diverge();
    return this.judged;
  }

  /** Put the losses after a whole epoch on the curve. */
  remember() {
    const { training, test } = this.judge();
    if (this.diverged) return;
    this.reached = training?.loss ?? 0;
    if (this.epochs % this.every) return;
    this.history.push({ epoch: this.epochs, training: this.reached, test: test?.loss ?? NaN });
    if (this.history.length <= KEPT) return;
    this.history = this.history.filter((_, i) => i % 2 === 0);
    this.every *= 2;
  }

  get batch() {
    return Math.min(this.settings.batch_size, this.training.n);
  }

  /** One update with one batch. Returns false when the run has come to an end. */
  update() {
    const { n, x, target } = this.training;
    if (this.diverged || n === 0) return false;
    if (this.next === 0) this.shuffle();
    const last = Math.min(this.next + this.batch, n);
    const size = 2 * (last - this.next);
    const [xs, targets] = [new Float64Array(size), new Float64Array(size)];
    for (let i = this.next, to = 0; i < last; i++, to += 2) {
      const from = 2 * this.order[i];
      for (let k = 0; k < 2; k++) {
        xs[to + k] = x[from + k];
        targets[to + k] = target[from + k];
      }
    }
    const { weight_decay: decay } = this.settings;
    const loss = this.network.train(xs, targets, LOSSES.SoftmaxCrossEntropy, this.rule, decay);
    this.updates += 1;
    this.next = last === n ? 0 : last;
    if (this.next === 0) this.epochs += 1;
    if (!Number.isFinite(loss) || !finite(this.network.theta)) this.diverge();
    else if (this.next === 0) this.remember();
    return !this.diverged;
  }

  /** The numbers have grown beyond all bounds: the run is at its end. */
  diverge() {
    this.diverged = `Diverged at update ${this.updates}: lower the rate.`;
  }

  /** Draw the order of an epoch. */
  shuffle() {
    this.began = this.random.state.slice();
    this.order = this.random.permutation(this.training.n);
  }

  /** Updates to the end of the epoch. */
  epoch() {
    const { epochs } = this;
    while (this.epochs === epochs) if (!this.update()) return false;
    return true;
  }

  /** The vectors that the next update needs: the parameters, and what the optimizer remembers. */
  vectors() {
    const { theta } = this.network;
    const names = MEMORY[this.settings.optimizer];
    for (const name of names) this.rule[name] ??= new Float64Array(theta.length);
    return [theta, ...names.map((name) => this.rule[name])];
  }

  /** Where the run stands: with the settings, all that it needs to go on as if never stopped. */
  state() {
    const { updates, epochs, next, reached, began, random } = this;
    const vectors = this.vectors().flatMap((vector) => [...vector]);
    return Float64Array.of(updates, epochs, next, reached, ...began, ...random.state, ...vectors);
  }

  /** At most so many points of the loss curve, the last one among them. */
  curve(most) {
    const { history } = this;
    const every = Math.ceil(history.length / most);
    return Float32Array.from(history
      .filter((_, i) => (history.length - 1 - i) % every === 0)
      .flatMap(({ epoch, training, test }) => [epoch, training, test]));
  }

  /** A run that goes on from a state and a curve; an error if they are not those of any run. */
  static resume(settings, sets, state, curve) {
    const run = new Run(settings, sets);
    const [updates, epochs, next, reached] = state;
    const random = state.subarray(4, 12);
    const { training: { n }, batch, network: { theta } } = run;
    const count = 1 + MEMORY[settings.optimizer].length;
    const counts = [updates, epochs, next].every((x) => Number.isSafeInteger(x) && x >= 0);
    const fits = state.length === 12 + count * theta.length && finite(state) && reached >= 0
      && counts && random.every((x) => x >>> 0 === x)
      && (n ? next < n && next % batch === 0
        && updates === epochs * Math.ceil(n / batch) + next / batch : updates + epochs === 0);
    if (!fits) throw new Error("the state fits no run");
    Object.assign(run, { updates, epochs, next, reached });
    run.random.state.set(random.subarray(0, 4));
    run.began = run.random.state.slice();
    if (next) run.shuffle();
    run.random.state.set(random.subarray(4));
    run.vectors().forEach((vector, k) => {
      const start = 12 + k * theta.length;
      vector.set(state.subarray(start, start + theta.length));
    });
    if (run.rule.square?.some((x) => x < 0)) throw new Error("a square is negative");
    if ("steps" in run.rule) run.rule.steps = updates;
    run.judged = null;
    run.judge();
    if (run.diverged) throw new Error("the losses are beyond all bounds");
    run.history = points(curve);
    const past = run.history.every(({ epoch, training, test }, i) => training >= 0
      && (test >= 0 || (run.test === null && Number.isNaN(test))) && epoch <= epochs
      && Number.isInteger(epoch) && epoch > (run.history[i - 1]?.epoch ?? -1));
    if (!past || !run.history.length || !curve.every((x) => Math.abs(x) !== Infinity)) {
      throw new Error("the curve fits no run");
    }
    // The loss after the last whole epoch is known twice more: on the curve, and from the weights.
    const { epoch, training } = run.history.at(-1);
    const known = epoch === epochs ? [training] : [];
    if (!next) known.push(run.judged.training?.loss ?? 0);
    if (!known.every((loss) => Math.abs(loss - reached) <= 1e-6 * (1 + loss))) {
      throw new Error("the loss is not that of the run");
    }
    while (epochs / run.every > KEPT / 2) run.every *= 2;
    return run;
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
    const { epochs } = this;
    const reached = this.training.n ? this.reached.toFixed(9) : "no points";
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

/** Whether all of these numbers are finite: a plain loop, for it runs after each update. */
function finite(numbers) {
  let zero = 0;
  for (let i = 0; i < numbers.length; i++) zero += 0 * numbers[i];
  return zero === 0;
}

/** Numbers in threes as points of the curve. */
function points(curve) {
  return Array.from({ length: Math.ceil(curve.length / 3) }, (_, i) => {
    const [epoch, training, test] = curve.subarray(3 * i, 3 * i + 3);
    return { epoch, training, test };
  });
}

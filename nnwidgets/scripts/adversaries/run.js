// A generator and a discriminator trained against each other, as nnwidgets/adversaries.py does it,
// with the same random numbers. Chapter 14.

import LIMITS from "../adversaries.json" with { type: "json" };
import { Adam, Network, Random } from "../shared/engine.js";

const { batch: BATCH, shown: SHOWN, units: UNITS } = LIMITS;
const KEPT = 200; // points of the curves; when there are more, every second one goes

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
/** −log σ(−z) = log(1 + e^z): the surprise at a logit z when the answer is no; −z for yes. */
const surprise = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** Centres, their SD, and whether they are modes. */
export function distribution({ data, points }) {
  if (data === LIMITS.own) return { centres: points, sd: LIMITS.own_sd, modes: false };
  return LIMITS.sets[data];
}

/** Draw a point whose coordinates are normal with so large an SD, and write it at `to`. */
function normalPoint(random, into, to, sd = 1) {
  const radius = sd * Math.sqrt(-2 * Math.log(1 - random.uniform()));
  const angle = 2 * Math.PI * random.uniform();
  into[to] += radius * Math.cos(angle);
  into[to + 1] += radius * Math.sin(angle);
}

/** Draw n inputs of the generator. */
function noise(random, n) {
  const points = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) normalPoint(random, points, 2 * i);
  return points;
}

/** A network on another's parameters, with room of its own: for another size of batch, to look. */
function twin(network, layers) {
  const other = new Network(2, layers);
  other.theta = network.theta;
  network.layers.forEach(({ W, b }, k) => Object.assign(other.layers[k], { W, b }));
  return other;
}

const spec = (units) => [
  { units: UNITS, activation: "relu" }, { units: UNITS, activation: "relu" }, { units },
];

/** The SD of points (x, y, x, y, …) around their mean, both ways together. */
function spreadOf(points) {
  const n = points.length / 2;
  let [a, b] = [0, 0];
  for (let i = 0; i < n; i++) [a, b] = [a + points[2 * i] / n, b + points[2 * i + 1] / n];
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (points[2 * i] - a) ** 2 + (points[2 * i + 1] - b) ** 2;
  return Math.sqrt(sum / n);
}

export class Run {
  constructor(settings) {
    this.settings = settings; // of which loss, rates, β₁, steps and order may change on the way
    Object.assign(this, distribution(settings));
    this.random = new Random(settings.seed);
    this.generator = new Network(2, spec(2), { random: this.random });
    this.discriminator = new Network(2, spec(1), { random: this.random });
    this.critic = twin(this.discriminator, spec(1)); // reads the generator's batch
    this.judge = twin(this.discriminator, spec(1)); // reads the samples that are shown
    this.mirror = twin(this.generator, spec(2)); // makes them
    this.map = twin(this.discriminator, spec(1)); // reads the plane
    this.probe = twin(this.discriminator, spec(1)); // reads a single place
    this.warp = twin(this.generator, spec(2)); // bends the grid
    this.rules = { generator: new Adam(), discriminator: new Adam() };
    const look = new Random(LIMITS.shown_seed); // to look changes nothing in training
    this.noise = noise(look, SHOWN);
    this.real = this.ready ? this.draw(look, SHOWN) : new Float64Array(0);
    this.enough = this.modes ? LIMITS.share * SHOWN : 1; // samples near a centre that is found
    this.realSpread = spreadOf(this.real);
    this.steps = 0;
    this.moves = { generator: 0, discriminator: 0 };
    this.every = 1; // steps between two points of the curves
    this.history = [];
    this.remember();
  }

  /** Whether there is anything to learn. */
  get ready() {
    return this.centres.length > 0;
  }

  /** Draw n real samples. */
  draw(random, n) {
    const x = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      x.set(this.centres[Math.floor(random.uniform() * this.centres.length)], 2 * i);
      normalPoint(random, x, 2 * i, this.sd);
    }
    return x;
  }

  /** Draw real samples and noise, and write the gradient of the discriminator's loss. */
  discriminatorGradient() {
    const x = new Float64Array(4 * BATCH);
    x.set(this.draw(this.random, BATCH));
    x.set(this.generator.forward(noise(this.random, BATCH)), 2 * BATCH);
    const logits = this.discriminator.forward(x);
    const grad = logits.map((z, i) => (sigmoid(z) - (i < BATCH ? 1 : 0)) / BATCH);
    this.discriminator.backward(grad, false);
  }

  /** Draw noise, and write the gradient of the generator's loss. */
  generatorGradient() {
    const saturating = this.settings.loss === "minimax";
    const logits = this.critic.forward(this.generator.forward(noise(this.random, BATCH)));
    const grad = logits.map((z) => (saturating ? -sigmoid(z) : sigmoid(z) - 1) / BATCH);
    this.generator.backward(this.critic.backward(grad), false);
  }

  move(name) {
    const { beta1 } = this.settings;
    const rule = Object.assign(this.rules[name], {
      beta1, learningRate: this.settings[`${name}_rate`],
    });
    rule.step(this[name].theta, this[name].grad);
    this.moves[name] += 1;
  }

  /** Let one or both learn: who is "discriminator", "generator" or "both". False at the end. */
  step(who = "both") {
    if (!this.ready || this.diverged) return false;
    const { discriminator_steps: times, order } = this.settings;
    const rounds = who === "both" ? times : who === "discriminator" ? 1 : 0;
    for (let k = 1; k <= rounds; k++) {
      this.discriminatorGradient();
      const last = k === rounds && who === "both";
      if (last && order === "simultaneous") this.generatorGradient();
      this.move("discriminator");
      if (last && order === "alternate") this.generatorGradient();
      if (last) this.move("generator");
    }
    if (who === "generator") {
      this.generatorGradient();
      this.move("generator");
    }
    this.steps += 1;
    this.remember();
    return !this.diverged;
  }

  /** What is true of the samples that are shown, now. */
  measure() {
    const { loss } = this.settings;
    if (this.measured?.steps === this.steps && this.measured.loss === loss) return this.measured;
    const generated = this.mirror.forward(this.noise);
    const found = { steps: this.steps, loss, generated, of: this.centres.length };
    if (this.ready) Object.assign(found, this.losses(generated), this.coverage(generated));
    this.measured = found;
    return found;
  }

  losses(generated) {
    let [onReal, onGenerated, realLoss, asFake, asReal] = [0, 0, 0, 0, 0];
    for (const z of this.judge.forward(this.real)) {
      onReal += sigmoid(z) / SHOWN;
      realLoss += surprise(-z) / SHOWN;
    }
    const p = this.judge.forward(generated).map((z) => {
      asFake += surprise(z) / SHOWN;
      asReal += surprise(-z) / SHOWN;
      return sigmoid(z);
    });
    const slopes = this.judge.backward(new Float64Array(SHOWN).fill(1)); // of the logits
    const arrows = new Float64Array(2 * SHOWN);
    const gradient = { "non-saturating": 0, minimax: 0 };
    for (let i = 0; i < SHOWN; i++) {
      const length = Math.hypot(slopes[2 * i], slopes[2 * i + 1]);
      onGenerated += p[i] / SHOWN;
      gradient["non-saturating"] += ((1 - p[i]) * length) / SHOWN;
      gradient.minimax += (p[i] * length) / SHOWN;
      const factor = this.settings.loss === "minimax" ? p[i] : 1 - p[i];
      for (const k of [2 * i, 2 * i + 1]) arrows[k] = factor * slopes[k];
    }
    return {
      discriminatorLoss: realLoss + asFake, onReal, onGenerated, gradient, arrows,
      generatorLoss: { "non-saturating": asReal, minimax: -asFake },
    };
  }

  coverage(generated) {
    const counts = new Uint32Array(this.centres.length);
    const reach = LIMITS.near * this.sd;
    let hits = 0;
    for (let i = 0; i < SHOWN; i++) {
      let hit = 0;
      this.centres.forEach(([a, b], k) => {
        if (Math.hypot(generated[2 * i] - a, generated[2 * i + 1] - b) > reach) return;
        counts[k] += 1;
        hit = 1;
      });
      hits += hit;
    }
    const found = counts.reduce((sum, count) => sum + (count >= this.enough), 0);
    const spread = spreadOf(generated) / this.realSpread;
    const few = hits >= SHOWN / 2 && found <= counts.length / 2;
    const early = this.moves.generator < LIMITS.early;
    const collapse = !early && (few || spread < LIMITS.tight);
    const dead = this.mirror.layers.slice(0, -1).some(({ a }) => a.every((value) => value === 0));
    return { near: hits / SHOWN, found, spread, early, collapse, dead };
  }

  /** Put what is true now on the curves. */
  remember() {
    if (this.steps % this.every || !this.ready) return;
    const now = this.measure();
    if (!Number.isFinite(now.discriminatorLoss + now.spread)) {
      this.diverged = true;
      return;
    }
    const { steps: step, discriminatorLoss, generatorLoss, gradient } = now;
    this.history.push({ step, discriminatorLoss, generatorLoss, gradient });
    if (this.history.length <= KEPT) return;
    this.every *= 2;
    this.history = this.history.filter(({ step }) => step % this.every === 0);
  }
}

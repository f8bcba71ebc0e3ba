// How fast the widgets' engine trains beside two public JavaScript libraries: the same network
// (2-8-8-1, tanh), the same points in the same order, one example an update, in one process.
//
// synaptic and convnetjs are written for any network or for images; TensorFlow Playground's own
// code is not published as a package, but it, too, has an object for each unit and each weight.
import { createRequire } from "node:module";
import * as engine from "../../nnwidgets/scripts/shared/engine.js";

const require = createRequire(import.meta.url);
const synaptic = require("synaptic");
const convnet = require("convnetjs");

const EXAMPLES = 200;
const EPOCHS = 50;
const ROUNDS = 7;
const RATE = 0.03;

const random = new engine.Random(1);
const points = Array.from({ length: EXAMPLES }, (_, i) => {
  const radius = i % 2 ? 0.3 : 0.9;
  const angle = 2 * Math.PI * random.uniform();
  const x = [radius * Math.cos(angle), radius * Math.sin(angle)];
  return { x: Float64Array.from(x), target: Float64Array.of(i % 2 ? 0.8 : -0.8), list: x };
});

/** Each returns a function that makes one update with one example. */
const PEERS = {
  engine() {
    const tanh = (units) => ({ units, activation: "tanh" });
    const network = new engine.Network(2, [tanh(8), tanh(8), tanh(1)]);
    const rule = new engine.SGD(RATE);
    const loss = engine.LOSSES.HalfSquaredError;
    return ({ x, target }) => network.train(x, target, loss, rule);
  },
  synaptic() {
    const network = new synaptic.Architect.Perceptron(2, 8, 8, 1);
    network.setOptimize(false); // its compiled form needs eval; measured below
    const squash = synaptic.Neuron.squash.TANH;
    network.neurons().forEach(({ neuron }) => (neuron.squash = squash));
    return ({ list, target }) => {
      network.activate(list);
      network.propagate(RATE, [target[0]]);
    };
  },
  "synaptic, compiled"() {
    const network = new synaptic.Architect.Perceptron(2, 8, 8, 1);
    const squash = synaptic.Neuron.squash.TANH;
    network.neurons().forEach(({ neuron }) => (neuron.squash = squash));
    return ({ list, target }) => {
      network.activate(list);
      network.propagate(RATE, [target[0]]);
    };
  },
  convnetjs() {
    const network = new convnet.Net();
    const hidden = { type: "fc", num_neurons: 8, activation: "tanh" };
    const input = { type: "input", out_sx: 1, out_sy: 1, out_depth: 2 };
    network.makeLayers([input, hidden, hidden, { type: "regression", num_neurons: 1 }]);
    const settings = { learning_rate: RATE, momentum: 0, batch_size: 1, l2_decay: 0 };
    const trainer = new convnet.Trainer(network, settings);
    return ({ list, target }) => trainer.train(new convnet.Vol(list), [target[0]]);
  },
};

const entrants = Object.entries(PEERS).map(([name, make]) => ({ name, update: make(), times: [] }));
for (let round = 0; round < ROUNDS; round++) {
  for (const { update, times } of entrants) {
    const start = performance.now();
    for (let epoch = 0; epoch < EPOCHS; epoch++) points.forEach(update);
    times.push(performance.now() - start);
  }
}
const best = (times) => Math.min(...times);
for (const { name, times } of entrants) {
  const perSecond = (EXAMPLES * EPOCHS) / best(times);
  const ratio = best(times) / best(entrants[0].times);
  const figures = `${perSecond.toFixed(0).padStart(6)} thousand updates a second`;
  console.log(`${name.padEnd(20)}${figures}, ${ratio.toFixed(1)} times the engine's time`);
}

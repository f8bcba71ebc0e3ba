// A trained network of images in the browser: nnlib's layers, one sample at a time, every layer's
// numbers at hand. `packed` in nnwidgets/networks.py makes what it takes.
//
//   const network = new ImageNetwork(model.get("_layers"), halves(model.get("_theta")));
//   const logits = network.forward(picture);  // 256 numbers in; network.layers[k].y is what layer
//                                             // k gives, and network.layers[k].out its shape
//   const dx = network.gradient(picture, 3);  // ∂ output 3 / ∂ input, 256 numbers
//
// A sample lies row by row, channels last: (row · columns + column) · channels + channel. All
// parameters lie in `theta`, as nnlib has them; `W` and `b` of a layer are views of it, so a weight
// can be changed in place.

import { ACTIVATIONS } from "../engine.js";

const product = (numbers) => numbers.reduce((all, n) => all * n, 1);

/** How many windows lie along rows and columns, and then the channels. */
function windows({ size, stride, padding = 0 }, [rows, columns], channels) {
  const along = (n) => Math.floor((n + 2 * padding - size) / stride) + 1;
  return [along(rows), along(columns), channels];
}

/** Call `visit(place, source)` for each number that windows see: `place` counts the windows,
 * `source` the places of the input, and `offset` those within a window. */
function each({ size, stride, padding = 0, in: [rows, columns], out }, visit) {
  for (let i = 0, place = 0; i < out[0]; i++) {
    for (let j = 0; j < out[1]; j++, place++) {
      for (let u = 0, offset = 0; u < size; u++) {
        const row = i * stride + u - padding;
        for (let v = 0; v < size; v++, offset++) {
          const column = j * stride + v - padding;
          if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
          visit(place, row * columns + column, offset);
        }
      }
    }
  }
}

/** One of nnlib's activations, for each number by itself. */
const elementwise = ({ f, slope }) => ({
  shape: (layer) => layer.in,
  forward({ x, y }) {
    for (let i = 0; i < y.length; i++) y[i] = f(x[i]);
  },
  backward({ y, dx }, grad) {
    for (let i = 0; i < y.length; i++) dx[i] = grad[i] * slope(y[i]);
  },
});

/** For each kind of layer: the shape that it gives, how many weights and biases it has, `forward`
 * from x to y, and `backward` from ∂/∂y to dx. */
const KINDS = {
  Conv2D: {
    shape: (layer) => windows(layer, layer.in, layer.n_out),
    parameters: ({ size, n_in, n_out }) => [size * size * n_in * n_out, n_out],
    // The products are added up window row by window row, channel by channel; then comes the bias.
    forward(layer) {
      const { x, y, W, b, n_in: nIn, n_out: nOut } = layer;
      y.fill(0);
      each(layer, (place, source, offset) => {
        for (let c = 0; c < nIn; c++) {
          const value = x[source * nIn + c];
          const w = (offset * nIn + c) * nOut;
          for (let o = 0; o < nOut; o++) y[place * nOut + o] += value * W[w + o];
        }
      });
      for (let i = 0; i < y.length; i++) y[i] += b[i % nOut];
    },
    backward(layer, grad) {
      const { dx, W, n_in: nIn, n_out: nOut } = layer;
      dx.fill(0);
      each(layer, (place, source, offset) => {
        for (let c = 0; c < nIn; c++) {
          const w = (offset * nIn + c) * nOut;
          let sum = 0;
          for (let o = 0; o < nOut; o++) sum += grad[place * nOut + o] * W[w + o];
          dx[source * nIn + c] += sum;
        }
      });
    },
  },
  MaxPool2D: {
    shape: (layer) => windows(layer, layer.in, layer.in[2]),
    forward(layer) {
      const { x, y, in: [, , channels] } = layer;
      const largest = (layer.largest ??= new Int32Array(y.length)); // where it came from
      y.fill(-Infinity);
      each(layer, (place, source) => {
        for (let c = 0; c < channels; c++) {
          const [from, to] = [source * channels + c, place * channels + c];
          if (x[from] <= y[to]) continue; // the first is kept, if several are the largest
          y[to] = x[from];
          largest[to] = from;
        }
      });
    },
    backward({ dx, largest }, grad) {
      dx.fill(0);
      for (let i = 0; i < grad.length; i++) dx[largest[i]] += grad[i];
    },
  },
  AveragePool2D: {
    shape: (layer) => windows(layer, layer.in, layer.in[2]),
    forward(layer) {
      const { x, y, size, in: [, , channels] } = layer;
      y.fill(0);
      each(layer, (place, source) => {
        for (let c = 0; c < channels; c++) y[place * channels + c] += x[source * channels + c];
      });
      for (let i = 0; i < y.length; i++) y[i] /= size * size;
    },
    backward(layer, grad) {
      const { dx, size, in: [, , channels] } = layer;
      dx.fill(0);
      each(layer, (place, source) => {
        for (let c = 0; c < channels; c++) {
          dx[source * channels + c] += grad[place * channels + c] / (size * size);
        }
      });
    },
  },
  GlobalAveragePool: {
    shape: (layer) => layer.in.slice(-1),
    forward({ x, y }) {
      y.fill(0);
      for (let i = 0; i < x.length; i++) y[i % y.length] += x[i];
      for (let c = 0; c < y.length; c++) y[c] /= x.length / y.length;
    },
    backward({ x, y, dx }, grad) {
      for (let i = 0; i < dx.length; i++) dx[i] = grad[i % y.length] / (x.length / y.length);
    },
  },
  Flatten: {
    shape: (layer) => [product(layer.in)],
    forward: ({ x, y }) => y.set(x),
    backward: ({ dx }, grad) => dx.set(grad),
  },
  Dense: { // at every place, as nnlib's
    shape: (layer) => [...layer.in.slice(0, -1), layer.n_out],
    parameters: ({ n_in, n_out }) => [n_in * n_out, n_out],
    forward({ x, y, W, b, n_in: nIn, n_out: nOut }) {
      y.fill(0);
      for (let i = 0; i < x.length; i++) {
        const [to, w] = [Math.floor(i / nIn) * nOut, (i % nIn) * nOut];
        for (let o = 0; o < nOut; o++) y[to + o] += x[i] * W[w + o];
      }
      for (let i = 0; i < y.length; i++) y[i] += b[i % nOut];
    },
    backward({ dx, W, n_in: nIn, n_out: nOut }, grad) {
      for (let i = 0; i < dx.length; i++) {
        const [to, w] = [Math.floor(i / nIn) * nOut, (i % nIn) * nOut];
        dx[i] = 0;
        for (let o = 0; o < nOut; o++) dx[i] += grad[to + o] * W[w + o];
      }
    },
  },
  ReLU: elementwise(ACTIVATIONS.relu),
  Sigmoid: elementwise(ACTIVATIONS.sigmoid),
  Tanh: elementwise(ACTIVATIONS.tanh),
};

/** Layers in a row. `descriptions` begins with { kind: "Input", shape }; each other one holds its
 * kind and settings, by nnlib's names. */
export class ImageNetwork {
  constructor([{ shape }, ...descriptions], theta) {
    this.in = shape;
    this.theta = theta;
    let start = 0;
    const share = (n) => theta.subarray(start, (start += n));
    this.layers = descriptions.map((description) => {
      const kind = KINDS[description.kind];
      if (!kind) throw new Error(`no layer ${description.kind}`);
      const layer = { ...description, in: shape };
      layer.out = shape = kind.shape(layer);
      [layer.W, layer.b] = (kind.parameters?.(layer) ?? [0, 0]).map(share);
      layer.y = new Float64Array(product(layer.out));
      layer.dx = new Float64Array(product(layer.in));
      return layer;
    });
    this.out = shape;
    if (start !== theta.length) throw new Error(`${theta.length} parameters, not ${start}`);
  }

  /** Map a sample to the output, which the next call overwrites. */
  forward(x) {
    for (const layer of this.layers) {
      layer.x = x;
      KINDS[layer.kind].forward(layer);
      x = layer.y;
    }
    return x;
  }

  /** From ∂/∂output of the last `forward` to ∂/∂input, which the next call overwrites. */
  backward(grad) {
    for (const layer of [...this.layers].reverse()) {
      KINDS[layer.kind].backward(layer, grad);
      grad = layer.dx;
    }
    return grad;
  }

  /** How output `k` changes with each number of the sample: ∂ output k / ∂ x. */
  gradient(x, k) {
    const grad = new Float64Array(this.forward(x).length);
    grad[k] = 1;
    return this.backward(grad);
  }
}

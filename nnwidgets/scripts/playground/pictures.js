// What the playground draws: the plane, the network with what each unit answers, and the losses.

import LIMITS from "../playground.json" with { type: "json" };
import { draggable, html, inSlices, number, put, svg } from "../shared/kit.js";
import { chart, scale, signedColours } from "../shared/plot.js";

const REACH = LIMITS.reach; // of the plane: −1.25 … 1.25 both ways
const GRID = 50; // cells each way while things move; the browser draws smoothly between them
const FINE = 200; // and when they are still

/** Where the middle of a cell lies; row 0 is at the top. */
const at = (k, n) => ((k + 0.5) / n) * 2 * REACH - REACH;
const CELLS = Float64Array.from({ length: 2 * GRID * GRID }, (_, i) => {
  const cell = Math.floor(i / 2);
  return i % 2 ? -at(Math.floor(cell / GRID), GRID) : at(cell % GRID, GRID);
});

/** The page's colours as pixels: from −1 … 1, in 512 steps. */
export function palette(element) {
  const colours = signedColours(element);
  const bytes = new Uint8Array(4 * 513);
  for (let i = 0; i < 513; i++) bytes.set([...colours((i - 256) / 256), 255], 4 * i);
  return new Uint32Array(bytes.buffer);
}

/** The pixel for a value from −1 to 1. */
const shaded = (pixels, value) => pixels[256 + Math.round(256 * value)];

/** An image of so many pixels, and its pixels as numbers. */
function image(width, height) {
  const data = new ImageData(width, height);
  return { data, pixels: new Uint32Array(data.data.buffer) };
}

/** What a network answers: p(class 1) − p(class 0). */
const answer = (output, c) => Math.tanh((output[2 * c + 1] - output[2 * c]) / 2);

/** The plane: the answer of the network everywhere, the samples, and a cursor for own points. */
export function plane(add, where, moveTo) {
  const SIZE = 300;
  const px = scale(-REACH, REACH, 0, SIZE);
  const py = scale(-REACH, REACH, SIZE, 0);
  const canvas = html("canvas", { width: GRID, height: GRID, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const marks = svg("g", {});
  const cursor = svg(
    "g",
    { class: "nnlib-handle", tabindex: 0, role: "slider", "aria-label": "Place of a new point" },
    svg("circle", { r: 24, class: "nnlib-touch" }),
    svg("circle", { r: 11, class: "nnlib-halo" }),
    svg("circle", { r: 11, class: "nnlib-ring" }));
  put(cursor, { "aria-valuemin": -REACH, "aria-valuemax": REACH });
  const over = svg(
    "svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "group", "aria-label": "Plane" }, marks, cursor);
  const element = html("div", { class: "nnlib-plane-stack" }, canvas, over);
  const place = (x, y) => moveTo(px.invert(x), py.invert(y));
  draggable(over, cursor, place);
  over.addEventListener("click", () => add());
  cursor.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const size = event.shiftKey ? 0.25 : 0.05;
    if (event.key in steps) moveTo(...steps[event.key].map((s, i) => where()[i] + s * size));
    else if (event.key === "Enter" || event.key === " ") add();
    else return;
    event.preventDefault();
  });

  /** Draw the samples: a path for each class and kind, for 400 elements would cost a frame. */
  function samples({ training, test }) {
    const SHAPES = ["m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z", "m0-5l4.6 8.6h-9.2Z"];
    const of = (part, kind, faint) => {
      let d = "";
      for (let i = 0; i < (part?.n ?? 0); i++) {
        if (part.y[i] !== kind) continue;
        const [x, y] = [px(part.x[2 * i]), py(part.x[2 * i + 1])];
        d += `M${x.toFixed(1)} ${y.toFixed(1)}${SHAPES[kind]}`;
      }
      const tone = kind ? "nnlib-positive" : "nnlib-negative";
      return svg("path", { d, class: `nnlib-sample ${tone} ${faint}` });
    };
    const parts = [[test, "nnlib-test"], [training, ""]];
    marks.replaceChildren(...parts.flatMap(([part, faint]) =>
      [0, 1].map((kind) => of(part, kind, faint))));
  }

  const coarse = image(GRID, GRID);
  function draw(values, colours) {
    for (let c = 0; c < values.length; c++) coarse.pixels[c] = shaded(colours, values[c]);
    show(coarse);
  }

  function show({ data }) {
    if (canvas.width !== data.width) canvas.width = canvas.height = data.width;
    context.putImageData(data, 0, 0);
  }

  /** Draw the plane finely, a few rows at a time. Returns how to stop. */
  function sharpen(network, colours) {
    const fine = image(FINE, FINE);
    const places = Float64Array.from({ length: 2 * FINE }, (_, i) => at(i >> 1, FINE));
    return inSlices(FINE, (row) => {
      for (let c = 0; c < FINE; c++) places[2 * c + 1] = -at(row, FINE);
      const output = network.forward(places);
      for (let c = 0; c < FINE; c++) {
        fine.pixels[row * FINE + c] = shaded(colours, answer(output, c));
      }
    }, () => show(fine));
  }

  function point(own) {
    const [x, y] = where();
    cursor.classList.toggle("nnlib-gone", !own);
    put(cursor, {
      transform: `translate(${px(x)} ${py(y)})`, "aria-valuenow": x.toFixed(2),
      "aria-valuetext": `x₁ = ${number(x)}, x₂ = ${number(y)}`,
    });
  }
  return { element, samples, draw, sharpen, point, cells: FINE };
}

/** The network on a canvas: what each unit answers all over the plane, and the weights between.
 * `redraw` is asked for when the canvas has another size. */
export function units(redraw) {
  const SIDE = 30; // of a unit's square, in px
  const EVERY = 2; // a square shows every second cell
  const SMALL = GRID / EVERY;
  const canvas = html("canvas", { "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const strip = html("canvas", { width: SMALL });
  const squares = strip.getContext("2d");
  let [width, height, picture] = [0, 0, null];
  const watcher = new ResizeObserver(([{ contentRect }]) => {
    ({ width, height } = contentRect);
    redraw();
  });
  watcher.observe(canvas);

  /** Write one of `n` numbers of each cell, from −`most` to `most`, as square k of the strip. */
  function square(k, colours, numbers, { i = 0, n = 1, most = 1 } = {}) {
    for (let row = 0, p = k * SMALL * SMALL; row < SMALL; row++) {
      for (let column = 0; column < SMALL; column++, p++) {
        const cell = EVERY * (row * GRID + column);
        picture.pixels[p] = shaded(colours, numbers[n * cell + i] / most);
      }
    }
  }

  function draw(network, values, colours, ink) {
    if (!width) return;
    const sharp = Math.min(3, devicePixelRatio);
    const [across, down] = [width, height].map((size) => Math.round(sharp * size));
    if (canvas.width !== across || canvas.height !== down) {
      Object.assign(canvas, { width: across, height: down });
    }
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.clearRect(0, 0, width, height);
    const columns = [2, ...network.layers.map((layer) => layer.nOut)];
    columns[columns.length - 1] = 1; // the two outputs are one answer
    const count = columns.reduce((sum, n) => sum + n, 0);
    const side = Math.min(SIDE, height / 8 - 3);
    const x = (k) => side / 2 + 1 + (k * (width - side - 2)) / (columns.length - 1);
    const y = (k, i) => (height * (i + 0.5)) / columns[k];
    const tones = [-1, 1].map((sign) => {
      const pixel = shaded(colours, sign);
      return `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
    });
    network.layers.forEach(({ W, nIn, nOut }, k) => {
      const last = k === network.layers.length - 1;
      for (let i = 0; i < nIn; i++) {
        for (let j = 0; j < columns[k + 1]; j++) {
          const w = last ? W[2 * i + 1] - W[2 * i] : W[i * nOut + j];
          context.strokeStyle = tones[w < 0 ? 0 : 1];
          context.setLineDash(w < 0 ? [5, 3] : []);
          context.lineWidth = 0.4 + 3.6 * Math.min(1, Math.abs(w) / 3);
          context.beginPath();
          context.moveTo(x(k) + side / 2, y(k, i));
          context.lineTo(x(k + 1) - side / 2, y(k + 1, j));
          context.stroke();
        }
      }
    });
    if (strip.height !== count * SMALL) {
      strip.height = count * SMALL;
      picture = image(SMALL, count * SMALL);
    }
    let k = 0;
    for (const i of [0, 1]) square(k++, colours, CELLS, { i, n: 2, most: REACH });
    for (const { a, nOut } of network.layers.slice(0, -1)) {
      let most = 1e-9;
      for (let c = 0; c < a.length; c++) most = Math.max(most, Math.abs(a[c]));
      for (let i = 0; i < nOut; i++) square(k++, colours, a, { i, n: nOut, most });
    }
    square(k, colours, values);
    squares.putImageData(picture.data, 0, 0);
    context.setLineDash([]);
    context.lineWidth = 1;
    context.strokeStyle = ink;
    k = 0;
    columns.forEach((n, column) => {
      for (let i = 0; i < n; i++, k++) {
        const [left, top] = [x(column) - side / 2, y(column, i) - side / 2];
        context.drawImage(strip, 0, k * SMALL, SMALL, SMALL, left, top, side, side);
        context.strokeRect(left, top, side, side);
      }
    });
  }
  const words = ["inputs", "hidden layers", "answer"].map((word) => html("span", {}, word));
  const legend = html("p", { class: "nnlib-legend" }, ...words);
  const element = html("div", { class: "nnlib-inside" }, canvas, legend);
  return { element, draw, stop: () => watcher.disconnect() };
}

/** What a network answers in every cell of the plane. */
export function answers(run) {
  const network = run.look(GRID * GRID);
  const output = network.forward(CELLS);
  const values = new Float64Array(GRID * GRID);
  for (let c = 0; c < values.length; c++) values[c] = answer(output, c);
  return { network, values };
}

/** The next of 1, 2, 5, 10, 20, 50 … that is at least as large. */
function round(x) {
  const ten = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 5, 10].map((factor) => factor * ten).find((size) => size >= x);
}

/** Training and test loss against the epochs. */
export function losses() {
  const x = { name: "epochs", low: 0, high: 20, ticks: 4 };
  const y = { name: "loss", low: 0, high: 0.8, ticks: 4 };
  const graph = chart({ x, y, width: 440, height: 150 });
  const training = graph.curve("nnlib-curve");
  const test = graph.curve("nnlib-curve nnlib-dashed");
  const legend = html(
    "p", { class: "nnlib-legend" },
    html("span", {}, "—— training"), html("span", {}, "- - - test"));
  const element = html("div", { class: "nnlib-losses" }, graph.element, legend);
  function draw({ history, epochs }) {
    const every = Math.ceil(history.length / 250);
    const kept = history.filter((_, n) => n % every === 0 || n === history.length - 1);
    const [inner, outer] = ["training", "test"].map((part) => kept.map((point) => point[part]));
    const highest = Math.max(...[...inner, ...outer].filter(Number.isFinite));
    const right = Math.max(20, round(Math.max(1, epochs)));
    const top = highest > 0.8 ? Math.min(10, round(highest)) : 0.8;
    graph.range({ x: { high: right }, y: { high: top } });
    const at = kept.map(({ epoch }) => epoch);
    training.draw(at, inner);
    test.draw(at, outer);
  }
  return { element, draw };
}

// A figure of one to three settings: a slider each, and the frame of their combination. Where
// Python answers, it redraws the figure sharper. Chapters 6 and 7.

import SIZES from "./frames.json" with { type: "json" };
import { button, frame, html, listen, live, oncePerFrame, put, stops } from "./shared/kit.js";

const RESTS = 300; // milliseconds without a move, after which the exact figure is asked for

/** Two lists of places that are the same. */
function same(a, b) {
  return a.length === b.length && a.every((i, k) => i === b[k]);
}

/** The picture: a frame cut from the sheet that holds all of them, or an exact figure. */
function picture(model) {
  const [width, height] = model.get("size");
  const columns = model.get("columns");
  const counts = model.get("labels").map((values) => values.length);
  const canvas = html("canvas", { width, height, role: "img" });
  canvas.style.aspectRatio = `${width} / ${height}`;
  let sheet = null;
  let exact = null; // the last exact figure, and where it belongs

  const decode = (bytes) => createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });

  async function load() {
    sheet = await decode(model.get("sheet"));
  }

  async function take(at, bytes) {
    const bitmap = await decode(bytes);
    exact?.bitmap.close();
    exact = { at, bitmap };
  }

  function draw(at) {
    const sharp = exact && same(exact.at, at);
    const [w, h] = sharp ? [exact.bitmap.width, exact.bitmap.height] : [width, height];
    if (!sharp && !sheet) return;
    if (canvas.width !== w) put(canvas, { width: w, height: h });
    const context = canvas.getContext("2d");
    if (sharp) {
      context.drawImage(exact.bitmap, 0, 0);
    } else {
      const k = at.reduce((sum, i, n) => sum * counts[n] + i, 0); // the last setting is the fastest
      const [x, y] = [(k % columns) * width, Math.floor(k / columns) * height];
      context.drawImage(sheet, x, y, w, h, 0, 0, w, h);
    }
  }

  function stop() {
    sheet?.close();
    exact?.bitmap.close();
  }

  return { canvas, load, take, draw, stop };
}

export function render({ model, el }) {
  const names = model.get("names");
  const labels = model.get("labels");
  const set = (at) => {
    model.set("at", at);
    model.save_changes();
  };
  const sliders = names.map((name, n) => stops({
    label: name, values: labels[n], value: model.get("at")[n],
    change: (i) => set(model.get("at").map((old, k) => (k === n ? i : old))),
  }));
  const reset = button("Reset", () => set(model.get("first")));
  const figure = picture(model);
  const spoken = live();
  const root = frame(
    el, "frames", `A figure to explore: ${names.join(", ")}`,
    html("div", { class: "nnlib-film" }, figure.canvas),
    html("div", { class: "nnlib-stops" }, ...sliders.map((slider) => slider.element)),
    html("div", { class: "nnlib-bar" }, reset), spoken.element);

  // Wide figures stand above their sliders. Narrow pages differ in width; the figure's height may
  // differ by no more than `play` rem, so that one stated height is true for all (see frames.py).
  const [width, height] = model.get("size");
  root.classList.toggle("nnlib-broad", height / width < SIZES.broad);
  root.style.setProperty("--film", `${SIZES.narrow + (SIZES.play * width) / height}rem`);

  /** The setting in words, and what is to be seen. */
  function words(at) {
    const values = names.map((name, n) => `${name} = ${labels[n][at[n]]}`).join(", ");
    const k = at.reduce((sum, i, n) => sum * labels[n].length + i, 0);
    const alt = model.get("alts")[k];
    return alt ? `${values}. ${alt}` : values;
  }

  let shown = null;
  let resting = 0;
  let ended = false;
  const draw = () => {
    const at = model.get("at");
    sliders.forEach((slider, n) => slider.show(at[n]));
    figure.draw(at);
    put(figure.canvas, { "aria-label": words(at) });
    if (shown && same(shown, at)) return;
    if (shown) spoken.say(words(at));
    shown = at;
    clearTimeout(resting);
    resting = setTimeout(() => model.send({ at }), RESTS); // nobody may listen; the frame stays
  };
  const redraw = oncePerFrame(draw);

  async function hear(content, buffers) {
    if (!buffers?.length || !same(content.at, model.get("at"))) return;
    await figure.take(content.at, buffers[0]);
    if (!ended) redraw();
  }

  const stop = listen(model, ["at"], redraw);
  model.on("msg:custom", hear);
  draw();
  figure.load().then(() => ended || draw());
  return () => {
    ended = true;
    stop();
    model.off("msg:custom", hear);
    clearTimeout(resting);
    redraw.stop();
    spoken.stop();
    figure.stop();
  };
}

// What every widget is made of: elements, labelled controls that refuse bad input with a word,
// text for screen readers, numbers with a true minus sign, and one redraw a frame.

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element: attributes, `on…` listeners and children (elements or text). */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Set several attributes of an element; those that change, for a browser draws the others anew. */
export function put(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
}

/** Change the text of an element that holds nothing else. Its text node stays: a new one makes the
 * browser lay the whole widget out again, which takes ten times as long. */
export function setText(element, text) {
  const { firstChild: node } = element;
  if (node === null) element.append(text);
  else if (node.data !== String(text)) node.data = text;
}

/** A name for an `id`, unlike all others on the page. */
export function unique() {
  document.nnlibNames = (document.nnlibNames ?? 0) + 1;
  return `nnlib-${document.nnlibNames}`;
}

/** Write a number with at most (or, if `fixed`, exactly) so many decimals and a true minus sign. */
export function number(x, decimals = 2, fixed = false) {
  const text = fixed ? x.toFixed(decimals) : String(Number(x.toFixed(decimals)));
  return (/^-0(\.0*)?$/.test(text) ? text.slice(1) : text).replace("-", "−");
}

/** Read a number as people type it: −1e−3, .5, and 1,000 or 1 000 as the chapters write a thousand.
 *
 * NaN if it is none. A comma that stands nowhere between thousands might be meant as a decimal
 * point: 1,5 and 0,500 are no numbers here.
 */
export function parse(text) {
  const plain = text.trim().replaceAll("−", "-");
  const grouped = plain.replace(/^([+-]?[1-9]\d{0,2})(([,\u00a0\u202f ])\d{3}(\3\d{3})*)(?!\d)/,
    (_, first, rest) => first + rest.replace(/\D/g, ""));
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(grouped) ? Number(grouped) : NaN;
}

/** Write a whole number as the chapters do, with commas between thousands: 17,098. */
export function thousands(n) {
  return String(n).replace("-", "−").replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The frame of a widget: put it into `el` and return it. */
export function frame(el, name, label, ...children) {
  const body = html("div", { class: "nnlib-body" }, ...children);
  const attributes = {
    class: `nnlib nnlib-${name}`,
    role: "group",
    "aria-label": label,
    // JupyterLab takes keys for its cells, unless the very element that has the focus says no.
    onfocusin: ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", "true"),
  };
  const root = html("div", attributes, body);
  el.replaceChildren(root);
  return root;
}

/** What choices are called: from { key: { name } } to { key: name }. */
export function named(choices) {
  return Object.fromEntries(Object.entries(choices).map(([key, { name }]) => [key, name]));
}

/** The track of a slider: `hear(number)` is told where it is put.
 *
 * A browser puts it where a finger comes down, though the finger may be on its way down the page.
 * So the slider stays as it is until the finger has gone sideways, or is lifted: that was a tap.
 * A browser that scrolls instead says so by `pointercancel`.
 */
function track(attributes, hear) {
  const range = html("input", { type: "range", ...attributes });
  let finger = null; // where one came down, the slider's value before, and the one it may mean
  const on = (name, listener) => range.addEventListener(name, listener);
  const believe = () => {
    if (!finger) return;
    const { before, meant } = finger;
    finger = null;
    range.value = meant;
    if (meant !== before) hear(Number(meant));
  };
  on("pointerdown", ({ pointerType, clientX: x, clientY: y }) => {
    const before = range.value;
    finger = pointerType === "touch" ? { x, y, before, meant: before } : null;
  });
  on("input", () => {
    if (!finger) return hear(Number(range.value));
    finger.meant = range.value;
    range.value = finger.before;
  });
  on("pointermove", ({ clientX: x, clientY: y }) => {
    if (finger && Math.abs(x - finger.x) > Math.abs(y - finger.y) + 3) believe();
  });
  on("pointerup", believe);
  on("pointercancel", () => (finger = null));
  return range;
}

/** A slider and a field for one number in `range`. `change(value)` hears of valid new values only.
 *
 * `stops` are the numbers that the slider itself offers, if they are not evenly spaced; the field
 * takes those between as well, and shows `decimals`. With `whole`, the number has no decimals, but
 * commas: 17,098.
 */
export function slider({ label, name = label, range: [min, max], step, value, change, ...more }) {
  const { tone = "", stops: offered = null, whole = false, decimals = 3 } = more;
  const write = whole ? thousands : (x) => number(x, decimals);
  const gap = (i, x) => Math.abs(Math.log(offered[i] / x));
  const nearest = (x) => offered.reduce((best, _, i) => (gap(i, x) < gap(best, x) ? i : best), 0);
  const place = (x) => (offered ? nearest(x) : x);
  const ends = offered ? { min: 0, max: offered.length - 1, step: 1 } : { min, max, step };
  const attributes = { ...ends, value: place(value), class: tone, "aria-label": name };
  const range = track(attributes, (at) => accept(offered ? offered[at] : at));
  const field = html("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
    "aria-label": `${name}, as a number`,
    onchange: () => read(),
    oninput: () => (typing = true),
    onkeydown: (event) => {
      if (event.key === "Enter") read();
      if (event.key === "Escape") show(current, false);
    },
  });
  const word = html("span", { class: "nnlib-refusal", role: "alert" });
  const words = html("span", { class: "nnlib-name", "aria-hidden": "true" }, label);
  const top = html("span", { class: "nnlib-row" }, words, field);
  const element = html("div", { class: "nnlib-slider" }, top, range, word);
  let current = value;
  let typing = false; // a redraw must not overwrite what is being typed

  function show(next, leave = typing && next === current) {
    if (leave) return;
    typing = false;
    current = next;
    range.value = place(next);
    range.setAttribute("aria-valuetext", write(next));
    field.value = write(next);
    field.removeAttribute("aria-invalid");
    setText(word, "");
  }

  function accept(next) {
    if (next === current) return;
    show(next);
    change(next);
  }

  function read() {
    const typed = parse(field.value);
    // What the field shows is what is set, no digit less.
    const next = whole ? (typed % 1 ? NaN : typed) : Number(typed.toFixed(decimals));
    if (next >= min && next <= max) {
      if (next === current) show(current, false);
      else accept(next);
    } else {
      typing = false; // refused: the next redraw may put the number back
      field.setAttribute("aria-invalid", "true");
      const comma = field.value.includes(",") ? "use a decimal point" : "not a number";
      const none = whole ? "not a whole number" : comma;
      const what = Number.isNaN(next) ? none : "out of range";
      setText(word, `${what}: ${write(min)} to ${write(max)}`);
    }
  }

  show(value);
  return { element, range, field, show };
}

/** The next seed in its range; after the last one, the first. */
export function nextSeed(seed, [low, high]) {
  return seed < high ? seed + 1 : low;
}

/** A button. */
export function button(label, press, attributes = {}) {
  return html("button", { type: "button", onclick: press, ...attributes }, label);
}

/** Buttons of which one is chosen: `options` maps values to what the buttons say. */
export function choice({ label, options, value, change }) {
  const buttons = new Map();
  for (const [key, words] of Object.entries(options)) {
    buttons.set(key, button(words, () => change(key)));
  }
  const attributes = { class: "nnlib-choice", role: "group", "aria-label": label };
  const element = html("div", attributes, ...buttons.values());
  const show = (next) => {
    for (const [key, one] of buttons) one.setAttribute("aria-pressed", String(key === next));
  };
  show(value);
  return { element, show };
}

/** A list to choose from. */
export function select({ label, options, value, change }) {
  const list = html("select", { onchange: () => change(list.value) });
  for (const [key, words] of Object.entries(options)) {
    list.append(html("option", { value: key }, words));
  }
  const show = (next) => (list.value = next);
  show(value);
  return { element: html("label", { class: "nnlib-select" }, `${label} `, list), list, show };
}

/** Let `handle`, a part of an svg, be dragged by mouse or finger: `move(x, y)` gets the place, in
 * units of the svg's viewBox. A press or a tap elsewhere on the svg moves it there, too. */
export function draggable(element, handle, move) {
  let dragging = false;
  const place = (event) => {
    const box = element.getBoundingClientRect();
    const { width, height } = element.viewBox.baseVal;
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    move((x / box.width) * width, (y / box.height) * height);
  };
  element.addEventListener("pointerdown", (event) => {
    // A finger that comes down beside the handle may want to scroll the page.
    if (event.button || (event.pointerType === "touch" && !handle.contains(event.target))) return;
    dragging = true;
    element.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    event.preventDefault();
    place(event);
  });
  element.addEventListener("pointermove", (event) => dragging && place(event));
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, () => (dragging = false));
  }
  element.addEventListener("click", (event) => event.pointerType === "touch" && place(event));
}

/** A slider for one of a few values, each with its label. `change(i)` hears of the new place. */
export function stops({ label, name = label, values, value, change }) {
  const attributes = { min: 0, max: values.length - 1, step: 1, value, "aria-label": name };
  const range = track(attributes, (next) => {
    if (next === current) return;
    show(next);
    change(next);
  });
  const said = html("span", { class: "nnlib-stop", "aria-hidden": "true" });
  const words = html("span", { class: "nnlib-name", "aria-hidden": "true" }, label);
  const top = html("span", { class: "nnlib-row" }, words, said);
  const dots = values.map(() => html("i"));
  const marks = html("span", { class: "nnlib-marks", "aria-hidden": "true" }, ...dots);
  const element = html("div", { class: "nnlib-slider" }, top, range, marks);
  let current = value;

  function show(next) {
    current = next;
    range.value = next;
    range.setAttribute("aria-valuetext", values[next]);
    setText(said, values[next]);
  }

  show(value);
  return { element, range, show };
}

/** Text that a screen reader says when it has been the same for half a second. */
export function live() {
  const element = html("p", { class: "nnlib-spoken", "aria-live": "polite" });
  let timer = null;
  let waiting = "";
  const say = (text) => {
    if (text === waiting) return;
    waiting = text;
    clearTimeout(timer);
    timer = setTimeout(() => (element.textContent = text), 500);
  };
  return { element, say, stop: () => clearTimeout(timer) };
}

/** Call `draw` before the next paint, however often it is asked for: at once when what asked first
 * is done, while the frame is still to come, and again in the frame if more was asked since. */
export function oncePerFrame(draw) {
  let [asked, frame] = [false, 0];
  const answer = () => {
    if (!asked) return;
    asked = false;
    draw();
  };
  const request = () => {
    asked = true;
    if (frame) return;
    queueMicrotask(answer);
    frame = requestAnimationFrame(() => {
      frame = 0;
      answer();
    });
  };
  request.stop = () => {
    asked = false;
    cancelAnimationFrame(frame);
    frame = 0;
  };
  return request;
}

/** Whether the reader asked for less motion. */
export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Play, pause and step. While it plays, `advance()` is called once a frame, or, for readers who
 * want less motion, twice a second. When `advance` returns false, the run is at its end. */
export function player({ advance, step = advance, words = ["Play", "Pause", "Step"] }) {
  const play = button(words[0], () => (playing ? pause() : start()));
  const once = button(words[2], () => {
    pause();
    step();
  });
  const element = html("div", { class: "nnlib-player", role: "group" }, play, once);
  let playing = false;
  let waiting = 0;

  function start() {
    playing = true;
    setText(play, words[1]);
    // Its own frame, after that which shows the new word: a key is answered before the first work.
    waiting = requestAnimationFrame(() => (waiting = requestAnimationFrame(turn)));
  }

  function pause() {
    playing = false;
    setText(play, words[0]);
    cancelAnimationFrame(waiting);
    clearTimeout(waiting);
  }

  function turn() {
    if (!playing) return;
    if (!element.isConnected || advance() === false) pause();
    else waiting = reducedMotion() ? setTimeout(turn, 500) : requestAnimationFrame(turn);
  }

  return { element, play, once, start, pause, playing: () => playing };
}

const SLICE = 6; // ms: so long at a time, work in slices keeps the page from answering

/** Do `work(row)` for so many rows, some at a time, then `done()`. Returns how to stop. */
export function inSlices(rows, work, done) {
  let [row, timer] = [0, null];
  const go = () => {
    const start = performance.now();
    for (; row < rows && performance.now() - start < SLICE; row++) work(row);
    if (row < rows) timer = setTimeout(go);
    else done();
  };
  go();
  return () => clearTimeout(timer);
}

/** Call `draw` when the page turns dark or light: a canvas does not follow by itself. */
export function onThemeChange(draw) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const watch = new MutationObserver(draw);
  dark.addEventListener("change", draw);
  for (const element of [document.documentElement, document.body]) {
    watch.observe(element, { attributes: true });
  }
  return () => {
    dark.removeEventListener("change", draw);
    watch.disconnect();
  };
}

/** Call `draw` after each change of one of these values of the model; returns how to stop. */
export function listen(model, names, draw) {
  for (const name of names) model.on(`change:${name}`, draw);
  return () => names.forEach((name) => model.off(`change:${name}`, draw));
}

/** What a reader may change: `values()` as they are now, `first` as they were at first, and `set`
 * to change some of them. */
export function settings(model, names) {
  const values = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const set = (some) => {
    for (const [name, value] of Object.entries(some)) model.set(name, value);
    model.save_changes();
  };
  return { first: values(), values, set };
}

/** Draw now, and once a frame after changes of these values; returns how to ask for it, with
 * `stop`. */
export function follow(model, names, draw) {
  const redraw = oncePerFrame(draw);
  const ends = [redraw.stop, listen(model, names, redraw)];
  redraw.stop = () => ends.forEach((end) => end());
  draw();
  return redraw;
}

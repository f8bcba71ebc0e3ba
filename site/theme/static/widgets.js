// Brings the page's widgets to life, without a kernel. Only pages with widgets load this file; what
// the widgets share, and each widget's script and style, come when a widget is near.

const FOLDER = new URL("widgets/", document.currentScript.src);

/** What an anywidget expects of its model, without a kernel at the other end. */
class Model {
  constructor(state) {
    this.state = state;
    this.listeners = new Map();
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const heard of [`change:${name}`, "change"]) {
      for (const listener of this.listeners.get(heard) ?? []) listener(this, value);
    }
  }

  on(heard, listener) {
    this.listeners.set(heard, [...(this.listeners.get(heard) ?? []), listener]);
  }

  off(heard, listener) {
    const left = (this.listeners.get(heard) ?? []).filter((one) => listener && one !== listener);
    this.listeners.set(heard, left);
  }

  save_changes() {} // nobody else holds this state

  send() {} // nobody listens
}

/** Put a script or a style sheet into the page, each once, and wait until it is there. */
const waiting = new Map();
function load(file) {
  if (!waiting.has(file)) {
    const script = file.endsWith(".js");
    const element = document.createElement(script ? "script" : "link");
    element[script ? "src" : "href"] = new URL(file, FOLDER);
    if (script) element.async = false; // what is shared runs first
    else element.rel = "stylesheet";
    waiting.set(file, new Promise((done, fail) => {
      element.onload = done;
      element.onerror = () => fail(new Error(`${file} cannot be loaded`));
    }));
    document.head.append(element);
  }
  return waiting.get(file);
}

/** Bytes are stored as base64, long ones in files of their own, which are loaded by now; put
 * DataViews in their places, as a kernel sends them. */
function unpack(state) {
  for (const [name, value] of Object.entries(state)) {
    const packed = value?.base64 ?? window.nnwidgets[value?.file];
    if (typeof packed !== "string") continue;
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    state[name] = new DataView(bytes.buffer);
  }
  return state;
}

/** Render a widget in its box. An error in one leaves the others alone. */
async function enliven(box) {
  const script = box.querySelector("script");
  const { name, state } = JSON.parse(script.textContent);
  const apart = Object.values(state).flatMap((value) => value?.file ?? []);
  const files = ["shared.js", `${name}.js`, "shared.css", `${name}.css`, ...apart];
  await Promise.all(files.map(load));
  const el = document.createElement("div");
  script.before(el);
  await window.nnwidgets[name].render({ model: new Model(unpack(state)), el });
  box.classList.add("alive"); // the picture steps back
}

// A widget comes alive when it is a screen away: a page with three of them opens as fast as others.
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      enliven(target);
    }
  },
  { rootMargin: "100%" },
);
for (const box of document.querySelectorAll(".widget")) watcher.observe(box);

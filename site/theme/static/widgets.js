// Brings the page's widgets to life, without a kernel. Each widget is an anywidget: its state holds
// a JavaScript module, `_esm`, that renders it. Only pages with widgets load this file.

const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";

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

/** Import the text of a module; the same text only once. */
const modules = new Map();
function load(text) {
  if (!modules.has(text)) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    modules.set(text, import(address).finally(() => URL.revokeObjectURL(address)));
  }
  return modules.get(text);
}

/** Adopt a style sheet; the same text only once. (A <style> would be against the page's policy.) */
const styles = new Set();
function adopt(text) {
  if (styles.has(text)) return;
  styles.add(text);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

/** The bytes of a state travel as base64 beside it; put them in their places as DataViews. */
function unpack({ state, buffers = [] }) {
  for (const { path, data } of buffers) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const holder = path.slice(0, -1).reduce((object, key) => object[key], state);
    holder[path.at(-1)] = new DataView(bytes.buffer);
  }
  return state;
}

/** Render the widget of a view in its box. An error in one leaves the others alone. */
async function enliven(script, model) {
  adopt(model.get("_css"));
  const { default: widget } = await load(model.get("_esm"));
  const el = document.createElement("div");
  script.before(el);
  await widget.render({ model, el });
  script.closest(".widget").classList.add("alive"); // the picture steps back
}

const stored = JSON.parse(document.querySelector(`script[type="${STATE}"]`).textContent).state;
const models = new Map(); // two views of one model share it

// A widget comes alive when it is a screen away: a page with three of them opens as fast as others.
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      const script = target.querySelector(`script[type="${VIEW}"]`);
      const id = JSON.parse(script.textContent).model_id;
      if (!models.has(id)) models.set(id, new Model(unpack(stored[id])));
      enliven(script, models.get(id));
    }
  },
  { rootMargin: "100%" },
);
for (const box of document.querySelectorAll(".widget")) watcher.observe(box);

// A map of codes of two numbers: the decoder draws at the handle, a digit lands where the encoder
// puts it. Chapter 13.

import LIMITS from "./codes.json" with { type: "json" };
import { back } from "./codes/back.js";
import { between, codesOf, nearest } from "./codes/maps.js";
import { picture } from "./codes/picture.js";
import { NUMBERS, plane } from "./codes/plane.js";
import { walk } from "./codes/walk.js";
import { a as article, pair, plain } from "./codes/words.js";
import { drawingDesk, samplesOf } from "./shared/digits/desk.js";
import {
  button, choice, frame, html, listen, live, oncePerFrame, setText, settings, slider,
} from "./shared/kit.js";
import { signedColours } from "./shared/plot.js";

const SETTINGS = ["code", "component", "by", "scale", "show", "start", "end", "share"];
const HANDLE = { network: "code", pca: "component" };
const NAMES = Object.keys(LIMITS.codes);

export function render({ model, el }) {
  const { first, values, set } = settings(model, SETTINGS);
  const codes = codesOf((name) => model.get(name));
  const { kept } = codes;

  const coderNow = () => codes[model.get("by")];
  const where = () => model.get(HANDLE[model.get("by")]);
  const move = (code) => set({ [HANDLE[model.get("by")]]: code });
  const ends = () => ["start", "end"].map((name) => {
    const which = model.get(name);
    return coderNow().encode(which === "drawn" ? drawing.seen : codes.clearest[which]);
  });
  const go = (share) => { // along the walk
    model.set("share", share);
    move(between(...ends(), share));
  };

  let drawing = null; // what the desk said last
  let resetting = true; // at first, and after Reset, the handle stays where it is
  let writing = false;
  const desk = drawingDesk({
    model, samples: samplesOf(model),
    change(now) {
      const changed = drawing && now.seen.some((value, i) => value !== drawing.seen[i]);
      drawing = now;
      if (changed && !resetting) {
        for (const name of NAMES) model.set(HANDLE[name], codes[name].encode(now.seen));
        if (!writing) model.save_changes();
      }
      resetting = false;
      draw();
    },
  });
  for (const name of ["pointerdown", "pointerup", "pointercancel"]) {
    desk.paper.addEventListener(name, () => {
      writing = name === "pointerdown";
      if (!writing) model.save_changes();
    });
  }

  const options = (label, name, some) => choice({
    label, options: some, value: first[name], change: (next) => set({ [name]: next }),
  });
  const whose = options("Whose map", "by", LIMITS.codes);
  const scale = options("Axes", "scale", LIMITS.scales);
  const show = options("Shown on the map", "show", LIMITS.shows);
  const reset = button("Reset", () => {
    set(first);
    resetting = true;
    desk.reset();
  });
  const map = plane({ move, where });
  const sliders = Object.fromEntries(NAMES.map((name) => [name, [0, 1].map((i) => {
    const { low, high } = codes[name].axes.values[i];
    return slider({
      label: `c${"₁₂"[i]}`, name: `c${"₁₂"[i]}, ${NUMBERS[name]} ${i + 1}`,
      range: [low, high], step: 0.01, decimals: 2, value: first[HANDLE[name]][i],
      change(next) {
        const code = [...model.get(HANDLE[name])];
        code[i] = next;
        set({ [HANDLE[name]]: code });
      },
    });
  })]));
  const drawn = picture("What the decoder draws");
  const like = picture("The nearest digit");
  const closest = html("p", { class: "nnlib-caption" });
  const report = ["answer", "equation", "equation"].map((name) =>
    html("p", { class: `nnlib-${name}` }));
  const walking = walk({
    go, first,
    choose(name, which) {
      model.set(name, which);
      go(model.get("share"));
    },
  });
  const legend = html("p", { class: "nnlib-caption" });
  const lost = back(kept.length);
  const spoken = live();
  const caption = (words) => html("p", { class: "nnlib-caption" }, words);
  const heading = (words) => html("p", { class: "nnlib-heading" }, words);
  const root = frame(
    el, "codes", "A map of codes of two numbers",
    html(
      "div", { class: "nnlib-bar" }, whose.element, scale.element, show.element, reset),
    html("div", { class: "nnlib-field" }, map.element, legend),
    html(
      "div", { class: "nnlib-at" },
      html(
        "div", { class: "nnlib-two" },
        html("div", {}, caption("Decoder draws"), drawn.element),
        html("div", {}, closest, like.element)),
      html(
        "div", { class: "nnlib-sliders" },
        ...NAMES.flatMap((name) => sliders[name].map(({ element }) => element))),
      html("div", { class: "nnlib-report" }, ...report)),
    html("div", { class: "nnlib-part" }, heading("A straight walk"), walking.element),
    html(
      "div", { class: "nnlib-part" }, heading("Draw a digit: it lands at ×"),
      html(
        "div", { class: "nnlib-drawing" },
        html(
          "div", { class: "nnlib-desk" },
          html("div", { class: "nnlib-bar" }, desk.tools, desk.undo, desk.clear),
          desk.paper, desk.samples),
        lost.element)),
    spoken.element);

  let signed = null;
  let far = 0; // tiles of the map
  let laid = null; // what the map was laid out for

  function draw() {
    const state = values();
    const coder = coderNow();
    const ink = drawing.colours;
    if (laid?.ink !== ink) signed = signedColours(root);
    const handle = state[HANDLE[state.by]];
    const now = {
      state, coder, codes, kept, handle, ends: ends(), ink, signed, colours: ink, x: drawing.seen,
      empty: drawing.empty, landed: coder.encode(drawing.seen), scale: state.scale,
      show: state.show,
    };
    const target = between(...now.ends, state.share);
    now.on = handle.every((value, i) => Math.abs(value - target[i]) < 1e-9);
    if (["by", "scale", "show"].some((name) => laid?.[name] !== state[name]) || laid.ink !== ink) {
      far = map.lay(now);
      laid = { ...state, ink };
    }
    whose.show(state.by);
    scale.show(state.scale);
    show.show(state.show);
    map.draw(now);
    for (const name of NAMES) {
      sliders[name].forEach((one, i) => {
        one.element.classList.toggle("nnlib-gone", name !== state.by);
        one.show(state[HANDLE[name]][i]);
      });
    }
    const image = coder.decode(handle);
    const best = nearest(image, kept);
    const beyond = best.far > coder.limit;
    drawn.draw(image, ink);
    like.draw(best.picture, ink);
    setText(closest, `Nearest: ${article(best.label)}`);
    setText(report[0], beyond ? `✗ Far from all ${kept.length} digits` : "✓ Not far from a digit");
    setText(report[1], `Of ${kept.length} digits, ${article(best.label)} is nearest: `
      + `${plain(best.far)} away in pixels.`);
    setText(report[2], `Far means beyond ${plain(coder.limit)}: 95 of 100 reconstructions are `
      + "nearer than that to another digit. (A grey smear is near to many.)");
    setText(legend, `○ handle, × your digit, hatched: far (${far} of ${LIMITS.tiles ** 2} tiles)`);
    walking.draw(now);
    const told = lost.draw(now);
    spoken.say(`${drawing.where}Code ${pair(handle)}. ${report[0].textContent.slice(2)}. `
      + `${report[1].textContent} ${told}`);
  }
  const redraw = oncePerFrame(draw);
  const stop = listen(model, SETTINGS, redraw);
  desk.start();
  return () => {
    stop();
    redraw.stop();
    desk.stop();
    spoken.stop();
  };
}

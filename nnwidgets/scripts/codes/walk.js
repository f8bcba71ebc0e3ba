// A straight walk from one digit's code to another's: what the decoder draws on the way.

import LIMITS from "../codes.json" with { type: "json" };
import { html, put, select, setText, slider } from "../shared/kit.js";
import { between, nearest } from "./maps.js";
import { picture } from "./picture.js";
import { plain } from "./words.js";

const SHARES = Array.from({ length: LIMITS.walked + 1 }, (_, i) => i / LIMITS.walked);
const ENDS = { ...Object.fromEntries(Array.from({ length: 10 }, (_, k) => [k, `a ${k}`])), ...LIMITS.ends };
ENDS["8"] = "an 8";

/** `set` changes values; `go(share)` walks. */
export function walk({ set, go, first }) {
  const choose = (name, letter) => {
    const one = select({
      label: letter, options: ENDS, value: first[name], change: (next) => set({ [name]: next }),
    });
    put(one.list, { "aria-label": `${letter}, where the walk ${name}s` });
    return one;
  };
  const [start, end] = [choose("start", "A"), choose("end", "B")];
  const share = slider({
    label: "u, the share of the way", range: LIMITS.share, step: 0.01, value: first.share,
    change: go,
  });
  const strip = SHARES.map((u) => {
    const drawing = picture(`Drawn at u = ${u}`);
    const far = html("small");
    return { drawing, far, element: html("div", {}, drawing.element, far) };
  });
  const said = html("p", { class: "nnlib-caption" });
  const element = html(
    "div", { class: "nnlib-walk" },
    html("div", { class: "nnlib-going" }, start.element, end.element, share.element),
    html("div", { class: "nnlib-strip" }, ...strip.map((one) => one.element)), said);

  function draw({ state, coder, kept, a, b, ink, on }) {
    start.show(state.start);
    end.show(state.end);
    share.show(state.share);
    let off = 0;
    SHARES.forEach((u, i) => {
      const drawing = coder.decode(between(a, b, u));
      const { far } = nearest(drawing, kept);
      const beyond = far > coder.limit;
      off += beyond;
      strip[i].drawing.draw(drawing, ink);
      setText(strip[i].far, `${beyond ? "✗ " : ""}${plain(far)}`);
      strip[i].element.classList.toggle("nnlib-far", beyond);
      strip[i].element.classList.toggle("nnlib-here", on && Math.abs(u - state.share) < 0.5 / LIMITS.walked);
    });
    setText(said, `Below each: how far the nearest of the ${kept.length} digits is. `
      + `Beyond ${plain(coder.limit)} (✗): ${off} of ${SHARES.length}.`);
  }
  return { element, draw };
}

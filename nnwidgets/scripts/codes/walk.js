// A straight walk from one digit's code to another's: what the decoder draws on the way.

import LIMITS from "../codes.json" with { type: "json" };
import { html, number, put, select, setText, slider } from "../shared/kit.js";
import { between, nearest } from "./maps.js";
import { picture } from "./picture.js";
import { a, plain } from "./words.js";

const SHARES = Array.from({ length: LIMITS.walked + 1 }, (_, i) => i / LIMITS.walked);
const DIGITS = Array.from({ length: 10 }, (_, k) => [k, a(k)]);
const ENDS = { ...Object.fromEntries(DIGITS), ...LIMITS.ends };

/** `choose(name, which)` hears of the ends, `go(share)` of the walk. */
export function walk({ choose, go, first }) {
  const chooser = (name, letter) => {
    const one = select({
      label: letter, options: ENDS, value: first[name], change: (next) => choose(name, next),
    });
    put(one.list, { "aria-label": `${letter}, where the walk ${name}s` });
    return one;
  };
  const [start, end] = [chooser("start", "A"), chooser("end", "B")];
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

  let shown = ""; // the walk that the strip shows
  function drawStrip({ coder, kept, ends, ink }) {
    let off = 0;
    SHARES.forEach((u, i) => {
      const drawing = coder.decode(between(...ends, u));
      const { far } = nearest(drawing, kept);
      const beyond = far > coder.limit;
      off += beyond;
      strip[i].drawing.draw(drawing, ink);
      setText(strip[i].far, `${beyond ? "✗" : ""}${number(far, 1, true)}`);
      strip[i].element.classList.toggle("nnlib-far", beyond);
    });
    setText(said, `Below each, how far the nearest of ${kept.length} digits is. Far, beyond `
      + `${plain(coder.limit)} (✗): ${off} of ${SHARES.length}.`);
  }

  let painted = null;
  function draw(now) {
    const { state, ends, ink, on } = now;
    start.show(state.start);
    end.show(state.end);
    share.show(state.share);
    const which = JSON.stringify([state.by, ends]);
    if (which !== shown || ink !== painted) drawStrip(now);
    [shown, painted] = [which, ink];
    SHARES.forEach((u, i) => {
      const here = on && Math.abs(u - state.share) < 0.5 / LIMITS.walked;
      strip[i].element.classList.toggle("nnlib-here", here);
    });
  }
  return { element, draw };
}

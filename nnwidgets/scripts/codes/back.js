// A digit, drawn back from two numbers by either code: what is lost, and how much.

import LIMITS from "../codes.json" with { type: "json" };
import { html, setText } from "../shared/kit.js";
import { errorOf } from "./maps.js";
import { picture } from "./picture.js";
import { pair, thousandths } from "./words.js";

const NAMES = Object.entries(LIMITS.codes);

export function back() {
  const caption = (words) => html("p", { class: "nnlib-caption" }, words);
  const seen = picture("The digit x");
  const rows = NAMES.map(([name, words]) => {
    const drawn = picture(`Drawn back by the ${words}`);
    const lost = picture(`What the ${words} adds and misses`);
    const [code, error, mean] = ["p", "p", "p"].map((tag) => html(tag));
    error.classList.add("nnlib-answer");
    const element = html(
      "div", { class: "nnlib-row-of", role: "group", "aria-label": words },
      html("div", {}, caption(words), drawn.element),
      html("div", {}, caption("less x"), lost.element),
      html("div", { class: "nnlib-told" }, code, error, mean));
    return { name, words, drawn, lost, code, error, mean, element };
  });
  const verdict = html("p", { class: "nnlib-verdict" });
  const element = html(
    "div", { class: "nnlib-back" },
    html("div", { class: "nnlib-seen" }, caption("The digit x"), seen.element),
    ...rows.map((row) => row.element), verdict);

  function draw({ x, codes, ink, signed, empty }) {
    seen.draw(x, ink);
    const errors = rows.map(({ name, drawn, lost, code, error, mean }) => {
      const c = codes[name].encode(x);
      const drawing = codes[name].decode(c);
      const wrong = errorOf(drawing, x);
      drawn.draw(drawing, ink);
      lost.draw(drawing.map((value, i) => value - x[i]), signed, true);
      setText(code, `c = ${pair(c)}`);
      setText(error, `error ${thousandths(wrong)}`);
      setText(mean, `mean of ${codes.kept.length} digits: ${thousandths(codes[name].mean)}`);
      return wrong;
    });
    const [network, pca] = errors;
    const less = network < pca ? "The autoencoder" : "PCA";
    const share = Math.round(100 * (1 - Math.min(...errors) / Math.max(...errors)));
    setText(verdict, empty ? "The paper is empty. Draw a digit, or load one."
      : `${less} loses less here, by ${share} %. Errors are per pixel, in thousandths.`);
    return `Drawn back from two numbers: error ${thousandths(network)} by the autoencoder, `
      + `${thousandths(pca)} by PCA. ${verdict.textContent}`;
  }
  return { element, draw };
}

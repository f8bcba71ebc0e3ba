// A digit, drawn back from two numbers by either code: what is lost, and how much.

import LIMITS from "../codes.json" with { type: "json" };
import { html, setText } from "../shared/kit.js";
import { errorOf } from "./maps.js";
import { picture } from "./picture.js";
import { pair, thousandths } from "./words.js";

const NAMES = Object.entries(LIMITS.codes);

export function back(kept) {
  const seen = picture("x, the digit as the encoders see it");
  const columns = NAMES.map(([name, words]) => ({
    name, drawn: picture(`x̂ of ${words}`), lost: picture(`x̂ − x of ${words}`),
    cells: ["error", "mean", "code"].map(() => html("td")),
  }));
  const head = (words) => html("th", { scope: "col" }, words);
  const row = (first, ...cells) => html("tr", {}, first, ...cells);
  const side = (...words) => html("th", { scope: "row" }, ...words);
  const cell = ({ element }) => html("td", {}, element);
  const table = html(
    "table", { class: "nnlib-back" },
    html("thead", {}, row(head("x, the digit"), ...NAMES.map(([, words]) => head(`x̂, ${words}`)))),
    html(
      "tbody", {},
      row(cell(seen), ...columns.map(({ drawn }) => cell(drawn))),
      row(
        side(
          html("b", {}, "x̂ − x"), html("br"), "blue: ink too much", html("br"),
          "orange, −: too little"),
        ...columns.map(({ lost }) => cell(lost))),
      row(side("error"), ...columns.map(({ cells }) => cells[0])),
      row(side(`mean of ${kept} digits`), ...columns.map(({ cells }) => cells[1])),
      row(side("code c"), ...columns.map(({ cells }) => cells[2]))));
  const verdict = html("p", { class: "nnlib-verdict" });
  const element = html("div", { class: "nnlib-lost" }, table, verdict);

  let [shown, painted, said] = [null, null, ""];
  function draw({ x, codes, ink, signed, empty }) {
    if (x === shown && ink === painted) return said;
    [shown, painted] = [x, ink];
    seen.draw(x, ink);
    const [network, pca] = columns.map(({ name, drawn, lost, cells }) => {
      const c = codes[name].encode(x);
      const drawing = codes[name].decode(c);
      const error = errorOf(drawing, x);
      drawn.draw(drawing, ink);
      lost.draw(drawing.map((value, i) => value - x[i]), signed, true);
      setText(cells[0], thousandths(error));
      setText(cells[1], thousandths(codes[name].mean));
      setText(cells[2], pair(c));
      return error;
    });
    const [less, more] = network < pca ? ["The network", "PCA"] : ["PCA", "the network"];
    const share = Math.round(100 * (1 - Math.min(network, pca) / Math.max(network, pca)));
    setText(verdict, empty ? "The paper is empty: draw a digit, or load one."
      : `${less} draws it back with an error ${share} % smaller than that of ${more}.`);
    said = `Drawn back from two numbers: error ${thousandths(network)} by the network, `
      + `${thousandths(pca)} by PCA. ${verdict.textContent}`;
    return said;
  }
  return { element, draw };
}

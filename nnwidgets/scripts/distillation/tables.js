// Tables of ten digits, with a bar below each number: the answers, and what they ask of a student.

import { html, put, setText } from "../shared/kit.js";
import { DIGITS } from "./words.js";

/** A number above its bar: from the left, or, if it is `signed`, from the middle to either side.
 *
 * The bar is a background, so that a new length lays nothing out.
 */
function cell(name, signed) {
  const text = html("span");
  const bar = html("i", { class: signed ? "nnlib-both" : "nnlib-trough" });
  const element = html("div", { role: "cell", class: `nnlib-${name}` }, text, bar);
  let [shown, marked] = [null, false];

  function draw(words, share, best = false) {
    setText(text, words);
    const next = (Math.max(-1, Math.min(1, share)) * (signed ? 50 : 100)).toFixed(2);
    if (next !== shown) {
      const size = Math.abs(next);
      bar.style.backgroundSize = `${size}% 100%`;
      if (signed) { // where so many percent of the bar stand at so many of its place
        bar.style.backgroundPositionX = `${(100 * (next < 0 ? 50 - size : 50)) / (100 - size)}%`;
        bar.className = next < 0 ? "nnlib-both nnlib-below" : "nnlib-both";
      }
    }
    shown = next;
    if (best !== marked) element.classList.toggle("nnlib-best", best);
    marked = best;
  }
  return { element, draw };
}

/** A table with a row for each digit. `heads` are rows of [text, class, columns that it spans];
 * `columns` are [name, whether it is signed]. `choose(k)` hears of a press on a digit's row.
 *
 * `draw(rows, chosen)` takes for each digit a list of [text, share of the longest bar, best]. */
export function digitTable({ label, name, heads, columns, choose }) {
  const titles = heads.map((row) => row.map(([text, part = "", span = false]) => html(
    "div",
    {
      role: text || span ? "columnheader" : "cell", class: `nnlib-title ${part}`,
      "aria-colspan": span,
    }, text)));
  const rows = DIGITS.map((digit, k) => {
    const cells = columns.map(([part, signed]) => cell(part, signed));
    const head = html("div", { role: "rowheader" }, digit);
    const row = html(
      "div", { role: "row", onclick: () => choose(k) }, head,
      ...cells.map(({ element }) => element));
    return { row, cells };
  });
  const element = html(
    "div", { role: "table", "aria-label": label, class: `nnlib-digits nnlib-${name}` },
    ...titles.map((row) => html("div", { role: "row", class: "nnlib-titles" }, ...row)),
    ...rows.map(({ row }) => row));

  function draw(values, chosen) {
    rows.forEach(({ row, cells }, k) => {
      row.className = k === chosen ? "nnlib-picked" : "";
      cells.forEach((one, i) => one.draw(...values[k][i]));
    });
  }
  return { element, titles, draw };
}

/** A table of facts: a column for each student. `draw` takes rows of [text, text]. */
export function factTable({ label, heads, rows }) {
  const lines = rows.map((words) => {
    const name = html("span", { role: "rowheader" }, words);
    const cells = heads.map(() => html("span", { role: "cell" }));
    return { cells, row: html("div", { role: "row" }, name, ...cells) };
  });
  const titles = heads.map((text) => html("span", { role: "columnheader" }, text));
  const corner = html("span", { role: "columnheader" });
  const element = html(
    "div", { role: "table", "aria-label": label, class: "nnlib-facts" },
    html("div", { role: "row" }, corner, ...titles), ...lines.map(({ row }) => row));

  function draw(values, chosen) {
    lines.forEach(({ cells }, i) => {
      cells.forEach((one, j) => {
        setText(one, values[i][j]);
        put(one, { class: j === chosen ? "nnlib-best" : "" });
      });
    });
    titles.forEach((one, j) => put(one, { class: j === chosen ? "nnlib-best" : "" }));
  }
  return { element, corner, draw };
}

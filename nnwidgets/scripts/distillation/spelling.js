// One digit written out: from its logits to the gradient, with all numbers in between.

import { html, number, setText } from "../shared/kit.js";
import { brief, degree, index } from "./words.js";

/** The table and the equations; `draw(k, teacher, student, T)`. */
export function spelling(chooser) {
  const names = ["logit z", "z / T", "exp", "sum over digits", "probability"];
  const lines = names.map((words) => {
    const cells = [0, 1].map(() => html("span", { role: "cell" }));
    const name = html("span", { role: "rowheader" }, words);
    return { name, cells, row: html("div", { role: "row" }, name, ...cells) };
  });
  const titles = ["", "teacher", "student"].map((text) =>
    html("span", { role: "columnheader" }, text));
  const table = html(
    "div", { role: "table", class: "nnlib-facts" },
    html("div", { role: "row" }, ...titles), ...lines.map(({ row }) => row));
  const gradient = html("p");
  const evened = html("p");
  const meaning = html("p", { class: "nnlib-meaning" });
  const equations = html("div", { class: "nnlib-equations" }, gradient, evened, meaning);
  const element = html(
    "div", { class: "nnlib-spelling" }, chooser, html("div", {}, table, equations));

  function draw(k, teacher, student, T, name) {
    table.setAttribute("aria-label", `Digit ${k} written out`);
    setText(titles[0], `digit ${k}`);
    setText(titles[2], name);
    const sum = (scaled) => scaled.reduce((total, value) => total + Math.exp(value), 0);
    const t = degree(T);
    const rows = [
      [teacher.z[k], student.z[k]],
      [teacher.scaled[k], student.scaled[k]],
      [Math.exp(teacher.scaled[k]), Math.exp(student.scaled[k])],
      [sum(teacher.scaled), sum(student.scaled)],
      [teacher.q[k], student.p[k]],
    ];
    setText(lines[0].name, `logit z${index(k)}`);
    setText(lines[1].name, `z${index(k)} / ${t}`);
    setText(lines[2].name, `exp(z${index(k)} / ${t})`);
    setText(lines[4].name, `ratio: q${index(k)}, p${index(k)}`);
    rows.forEach((both, i) => both.forEach((value, j) => {
      setText(lines[i].cells[j], i < 4 ? brief(value) : number(value, 5, true));
    }));
    const [p, q, g] = [student.p[k], teacher.q[k], student.gradient[k]];
    const difference = `(${number(p, 5, true)} − ${number(q, 5, true)})`;
    setText(gradient, `(p${index(k)} − q${index(k)}) / T = ${difference} / ${t} = ${number(g, 4)}`);
    setText(evened, `T² times that = ${t} · ${difference} = ${number(g * T * T, 3)}`);
    const way = g < 0 ? "raises" : "lowers";
    setText(meaning, g === 0 ? "Zero: a step leaves this logit as it is."
      : `${g < 0 ? "Negative" : "Positive"}: a step against it ${way} the student's`
        + ` z${index(k)}.`);
  }
  return { element, draw };
}

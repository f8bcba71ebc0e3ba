// The digit shifted: arrows, and which numbers move along with it.

import { LAYERS, MAPPED } from "./numbers.js";
import { percent } from "../shared/digits/outputs.js";
import { button, html, setText } from "../shared/kit.js";

/** Arrows that shift the digit. */
export function shifter(move, back) {
  const arrows = [
    ["←", "left", -1, 0], ["↑", "up", 0, -1], ["↓", "down", 0, 1], ["→", "right", 1, 0],
  ];
  const buttons = arrows.map(([sign, word, across, down]) =>
    button(sign, () => move(across, down), { "aria-label": `Shift the digit ${word}` }));
  const where = html("span", { class: "nnlib-where" });
  const element = html(
    "div", { class: "nnlib-shift", role: "group", "aria-label": "Shift the digit" },
    ...buttons, button("Back", back, { "aria-label": "Shift back to the middle" }), where);
  const draw = ([across, down]) => {
    const words = [];
    if (across) words.push(`${Math.abs(across)} ${across < 0 ? "left" : "right"}`);
    if (down) words.push(`${Math.abs(down)} ${down < 0 ? "up" : "down"}`);
    setText(where, words.length ? `Shifted ${words.join(", ")}` : "Shift the digit");
  };
  return { element, draw };
}

/** A number of quarters as it is written: 1½. */
function quarters(x) {
  const [whole, rest] = [Math.floor(Math.abs(x)), Math.abs(x) % 1];
  const part = { 0: "", 0.25: "¼", 0.5: "½", 0.75: "¾" }[rest];
  return `${x < 0 ? "−" : ""}${whole || !part ? whole : ""}${part}`;
}

/** Which numbers moved along with the digit, layer by layer: a table. */
export function travel() {
  const rows = MAPPED.map((layer) => {
    const [by, count, mark] = [html("td"), html("td"), html("td")];
    const name = html("th", { scope: "row" }, LAYERS[layer].short);
    return { layer, by, count, mark, row: html("tr", {}, name, by, count, mark) };
  });
  const [odds, verdict] = [html("td", { colspan: 2 }), html("td")];
  const answer = html("tr", {}, html("th", { scope: "row" }, "Answer"), odds, verdict);
  const heads = ["Layer", "shifted by", "moved along"].map((word) =>
    html("th", { scope: "col" }, word));
  const element = html(
    "div", { class: "nnlib-travel" },
    html(
      "table", {}, html("thead", {}, html("tr", {}, ...heads, html("td"))),
      html("tbody", {}, ...rows.map(({ row }) => row), answer)));

  function draw(moved, shift, before, after) {
    for (const { layer, by, count, mark } of rows) {
      const [across, down] = shift.map((d) => quarters(d / LAYERS[layer].stride));
      const { seen = 1, along = 1 } = moved?.[layer] ?? {};
      setText(by, moved ? `(${across}, ${down})` : "—");
      setText(count, moved ? `${along} of ${seen}` : "—");
      const share = Math.floor((100 * along) / Math.max(1, seen));
      setText(mark, !moved ? "" : along === seen ? "✓ all" : `✗ ${share} %`);
    }
    const says = (run) => `${run.order[0]} (${percent(run.p[run.order[0]], 1)})`;
    setText(odds, moved ? `${says(before)} → ${says(after)}` : says(before));
    setText(verdict, !moved ? "" : before.order[0] === after.order[0] ? "✓ same" : "✗ other");
  }
  return { element, draw };
}

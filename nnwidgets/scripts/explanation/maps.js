// Four maps side by side, with one cursor for all, and one of them spelt out.

import LIMITS from "../explanation.json" with { type: "json" };
import { html, number, put, setText } from "../shared/kit.js";
import { picture } from "./pictures.js";
import { a, factor, plain, signed } from "./words.js";

const METHODS = LIMITS.methods;

/** What each method says of pixel i, in symbols and in words. */
const FORMULAS = {
  gradient: ["∂S/∂xᵢ", () => "How fast S grows with the ink of pixel i."],
  times_input: ["xᵢ · ∂S/∂xᵢ", () => "The gradient, times the ink that is there."],
  integrated: [
    "(xᵢ − x′ᵢ) · mean ∂S/∂xᵢ",
    ({ steps }) => "The way from x′ to x, times the mean gradient on it, "
      + `${steps === 1 ? "at its middle" : `at ${steps} points`}.`],
  occlusion: [
    "S(x) − S(x, patch hidden)",
    ({ size }) => `By how much S falls when ${size} × ${size} px around pixel i become x′.`],
};

/** How a method comes to its number at a pixel. */
function spelt(now, method, i) {
  const { x, x0, maps, whole } = now;
  const value = maps[method][i];
  const result = `= ${signed(value)}`;
  if (method === "gradient") return `slope ${signed(value)}`;
  if (method === "times_input") return `${number(x[i], 2)} · ${factor(maps.gradient[i])} ${result}`;
  if (method === "occlusion") return `${plain(whole)} − ${factor(whole - value)} ${result}`;
  const way = x[i] - x0[i];
  const mean = way === 0 ? "mean" : factor(value / way);
  return `(${number(x[i], 2)} − ${number(x0[i], 2)}) · ${mean} ${result}`;
}

const correlation = (r) => (Number.isFinite(r) ? number(r, 2, true) : "—");

/** What a number means for the class asked about. */
function meaning(value, asked) {
  return value === 0 ? "nothing" : `${value > 0 ? "for" : "against"} ${a(asked)}`;
}

export function mapsView({ get, set, pick }) {
  const figures = Object.entries(METHODS).map(([method, name]) => {
    const shown = picture({
      label: `${name}, a map of 16 × 16 pixels: arrow keys move the cursor`,
      hear: (pixel) => pick(pixel),
      choose: (pixel) => pick(pixel, { method }),
      where: () => get("pixel"),
    });
    shown.element.addEventListener("focus", () => set({ method }));
    const value = html("span", { class: "nnlib-number" });
    const note = html("span", { class: "nnlib-note" });
    const title = html("span", { class: "nnlib-title" }, name);
    const element = html(
      "div", { class: "nnlib-map" }, shown.element, title, value, note);
    return { method, shown, value, note, element };
  });
  const legend = html("p", { class: "nnlib-legend" });
  const name = html("span", { class: "nnlib-answer" });
  const formula = html("span", { class: "nnlib-formula" });
  const [title, words, there, sum] = Array.from({ length: 4 }, () => html("p"));
  title.append(name, " ", formula);
  const detail = html("div", { class: "nnlib-detail" }, title, words, there, sum);
  const element = html(
    "div", { class: "nnlib-view" },
    html("div", { class: "nnlib-maps" }, ...figures.map((one) => one.element)), legend, detail);

  function draw(now) {
    const { state, maps, full, agreements, ask, colours, edge } = now;
    const [row, column] = state.pixel;
    const i = 16 * row + column;
    for (const { method, shown, value, note, element: box } of figures) {
      shown.draw(maps[method], full[method], colours, edge, state.pixel);
      setText(value, signed(maps[method][i], 1));
      const most = maps[method].reduce((top, v) => Math.max(top, Math.abs(v)), 0);
      setText(note, agreements ? `r\u00a0=\u00a0${correlation(agreements[method])}`
        : `max\u00a0${plain(most, 1)}`);
      box.classList.toggle("nnlib-chosen-map", method === state.method);
      put(shown.element, { "aria-current": String(method === state.method) });
    }
    const faded = ask.score === "logit" ? "" : " Full colour: ¼ of the logit map's largest.";
    const random = agreements ? " r: |map| beside the trained network's, on the ink." : "";
    const help = faded || random ? "" : " Point at a map, or tap it, to read a pixel.";
    setText(legend, `Blue: for ${a(ask.asked)}. Orange, −: against.${faded}${random}${help}`);
    const chosen = maps[state.method];
    setText(name, METHODS[state.method]);
    setText(formula, FORMULAS[state.method][0]);
    setText(words, FORMULAS[state.method][1](state));
    now.there = `Row ${row + 1}, column ${column + 1}: ${spelt(now, state.method, i)}, `
      + `${meaning(chosen[i], ask.asked)}.`;
    setText(there, now.there);
    const total = chosen.reduce((all, value) => all + value, 0);
    setText(sum, `Sum: ${signed(total)}; S(x) − S(x′) = ${signed(now.whole - now.from)}.`);
  }
  return { element, draw };
}

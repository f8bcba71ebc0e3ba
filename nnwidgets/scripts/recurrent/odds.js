// The next character: what the network expects, what came, and by which odds it would be written.

import { button, html, number, put, setText } from "../shared/kit.js";
import { called, glyph, percent } from "./words.js";

const ROWS = 7;

const PAST = 12; // characters that are shown before the next one

/** `go(±1)` hears of steps through the text, `ask(symbol)` on whose odds influence is wanted. */
export function oddsPanel({ alphabet, go, ask }) {
  const back = button("◀", () => go(-1), { "aria-label": "The character before" });
  const forth = button("▶", () => go(1), { "aria-label": "The character after" });
  const read = html("span", { class: "nnlib-past" });
  const head = ["next", "", "odds", ""].map((words) => html("span", {}, words));
  const rows = Array.from({ length: ROWS }, () => {
    const [name, bar, odds, cooled] = ["b", "i", "span", "span"].map((tag) => html(tag));
    const press = button("", () => ask(row.symbol), { class: "nnlib-next-one" });
    press.append(name, bar, odds, cooled);
    const row = { press, name, bar, odds, cooled, symbol: 0 };
    return row;
  });
  const note = html("p", { class: "nnlib-caption" });
  const element = html(
    "div", { class: "nnlib-odds", role: "group", "aria-label": "Odds of the next character" },
    html("div", { class: "nnlib-moving" }, back, read, forth),
    html("div", { class: "nnlib-head" }, ...head), ...rows.map(({ press }) => press), note);

  function draw({ n, at, characters, order, p, writing, came, asked, state }) {
    back.disabled = at < 1;
    forth.disabled = at >= n - 1;
    const start = Math.max(0, at + 1 - PAST);
    const past = characters.slice(start, at + 1).map(glyph).join("");
    setText(read, `${start ? "…" : ""}${past}\u200a?`);
    setText(head[3], `at T = ${number(state.temperature, 2)}`);
    const shown = order.slice(0, ROWS);
    if (came !== null && !shown.includes(came)) shown[shown.length - 1] = came;
    rows.forEach((row, k) => {
      const symbol = shown[k];
      const there = n > 0 && symbol !== undefined;
      row.press.disabled = !there;
      row.symbol = symbol ?? 0;
      setText(row.name, there ? `${called(alphabet[symbol])}${symbol === came ? " ✓" : ""}` : "–");
      row.bar.style.setProperty("--p", there ? p[symbol].toFixed(4) : 0);
      row.bar.style.setProperty("--q", there ? writing[symbol].toFixed(4) : 0);
      setText(row.odds, there ? percent(p[symbol]) : "");
      setText(row.cooled, there ? percent(writing[symbol]) : "");
      row.press.classList.toggle("nnlib-came", there && symbol === came);
      put(row.press, { "aria-pressed": String(there && symbol === asked) });
    });
    const rank = came === null ? 0 : order.indexOf(came) + 1;
    const which = rank ? `✓ came, as number ${rank} of ${alphabet.length}. ` : "";
    setText(note, `${which}Bar: odds; line: at T. Press one for the influence on it.`);
  }
  return { element, draw };
}

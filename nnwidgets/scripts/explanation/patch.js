// A patch to move over the digit: what the network says with it, and without.

import LIMITS from "../explanation.json" with { type: "json" };
import { draggable, html, put, setText, stops, svg } from "../shared/kit.js";
import { hidden, patchAt } from "./methods.js";
import { inside, moved, picture } from "./pictures.js";
import { a, chance, plain, signed } from "./words.js";

const SIZES = LIMITS.sizes;

export function patchView({ get, set, pick }) {
  const paper = picture();
  const [touch, halo, rim] = ["touch", "spot-halo", "spot"].map((name) =>
    svg("rect", { class: `nnlib-${name}` }));
  const handle = svg(
    "g", {
      class: "nnlib-handle", tabindex: 0, role: "application",
      "aria-label": "Patch that hides a part of the digit: arrow keys move it",
    }, touch, halo, rim);
  paper.over.append(handle);
  put(paper.over, { "aria-hidden": "false" });
  draggable(paper.over, handle, (x, y) => pick([y, x].map(Math.floor).map(inside)));
  handle.addEventListener("keydown", (event) => {
    const next = moved(get("pixel"), event);
    if (next) pick(next);
  });

  const map = picture({
    label: "Occlusion, a map of 16 × 16 places for the patch: arrow keys move it",
    hear: () => {}, choose: (next) => pick(next), where: () => get("pixel"),
  });
  const size = stops({
    label: "patch", name: "Size of the patch", values: SIZES.map((n) => `${n} × ${n} px`), value: 1,
    change: (i) => set({ size: SIZES[i] }),
  });
  const rows = ["with it", "without it", "difference"].map((word) => {
    const cells = ["td", "td"].map((tag) => html(tag));
    return { cells, row: html("tr", {}, html("th", { scope: "row" }, word), ...cells) };
  });
  const [corner, ...heads] = ["", "logit", "p"].map((word) => html("th", { scope: "col" }, word));
  put(heads[1], { "aria-label": "probability p" });
  const table = html(
    "table", {}, html("thead", {}, html("tr", {}, corner, ...heads)),
    html("tbody", {}, ...rows.map(({ row }) => row)));
  const said = html("p", { class: "nnlib-equation" });
  const caption = (words) => html("p", { class: "nnlib-caption" }, words);
  const element = html(
    "div", { class: "nnlib-view nnlib-patching" },
    html("div", { class: "nnlib-digit" }, caption("Move the patch"), paper.element),
    html("div", { class: "nnlib-size" }, size.element),
    html("div", { class: "nnlib-numbers" }, table),
    html("div", { class: "nnlib-tried" }, caption("Occlusion"), map.element), said);

  function draw(now) {
    const { state, x, x0, ask, network, ink, edge, colours } = now;
    const { pixel } = state;
    const patch = patchAt(pixel, state.size);
    const covered = hidden(x, x0, patch);
    paper.draw(covered, 1, ink, "");
    map.draw(now.maps.occlusion, now.full.occlusion, colours, edge, pixel);
    const box = { width: patch.right - patch.left, height: patch.bottom - patch.top };
    for (const one of [halo, rim]) put(one, { x: patch.left, y: patch.top, ...box });
    const reach = Math.max(state.size, 3.4) / 2; // 44 px for a finger
    put(touch, {
      x: pixel[1] + 0.5 - reach, y: pixel[0] + 0.5 - reach, width: 2 * reach, height: 2 * reach,
    });
    size.show(SIZES.indexOf(state.size));
    const [before, after] = [now.answer, network.answer(covered)];
    const both = [before, after].map(({ logits, p }) => [logits[ask.asked], p[ask.asked]]);
    both.forEach(([z, p], i) => {
      setText(rows[i].cells[0], plain(z));
      setText(rows[i].cells[1], chance(p));
    });
    const [dz, dp] = [0, 1].map((i) => both[0][i] - both[1][i]);
    setText(rows[2].cells[0], signed(dz));
    setText(rows[2].cells[1], signed(dp));
    setText(corner, `for ${a(ask.asked)}`);
    const [old, fresh] = [before.order[0], after.order[0]];
    setText(said, old === fresh ? `Without the patch it still says ${fresh}.`
      : `Without the patch it says ${fresh}, no longer ${old}.`);
    const [row, column] = pixel;
    now.patch = `Patch at row ${row + 1}, column ${column + 1}: the logit of ${ask.asked} is `
      + `${plain(both[0][0])} with what it hides, ${plain(both[1][0])} without; the probability `
      + `${chance(both[0][1])} and ${chance(both[1][1])}. ${said.textContent}`;
  }
  return { element, draw };
}

// The products behind one number, in the places of the window, and the sum in words.

import { button, html, number, put, setText, svg } from "../shared/kit.js";

const MOST = 16; // cells: 4 × 4, of a dense layer's window

/** A number with three decimals; the element holds all of its digits in `value`. */
export function exact(attributes = {}) {
  const element = html("data", attributes);
  return [element, (x, before = "", after = "") => {
    element.value = x;
    setText(element, `${before}${number(x, 3, true)}${after}`);
  }];
}

/** A paragraph of words and numbers in turn, changed in place. */
export function line(attributes = {}, most = 9) {
  const parts = Array.from({ length: most }, (_, i) => (i % 2 ? exact() : [html("span")]));
  const element = html("p", attributes, ...parts.map(([part]) => part));
  const draw = (values) => {
    parts.forEach(([part, show], i) => {
      if (show && values[i] !== undefined) show(values[i]);
      else setText(part, values[i] ?? "");
      part.classList.toggle("nnlib-gone", values[i] === undefined);
    });
  };
  return { element, draw };
}

/** Shade an element: blue for positive, orange for negative, −1 … 1. */
function tint(element, value) {
  element.style.setProperty("--share", `${(45 * Math.abs(value)).toFixed(1)}%`);
  element.classList.toggle("nnlib-minus", value < 0);
}

/** The cells: what comes in, its weight (a button where it can be edited), their product. */
export function products(pick) {
  const cells = Array.from({ length: MOST }, (_, i) => {
    const [x, showX] = exact({ class: "nnlib-x" });
    const weight = button("", () => pick(i), { class: "nnlib-w" });
    const [w, showW] = exact();
    weight.append(w);
    const [product, showProduct] = exact({ class: "nnlib-product" });
    const element = html("div", { class: "nnlib-cell", role: "listitem" }, x, weight, product);
    return { element, x, weight, w, showX, showW, product, showProduct };
  });
  const element = html(
    "div", { class: "nnlib-products", role: "list" }, ...cells.map((cell) => cell.element));

  function draw(found, { editable, chosen, label }) {
    const { size, largest } = found;
    const pooling = largest !== undefined;
    element.style.setProperty("--size", size);
    element.classList.toggle("nnlib-sixteen", size === 4);
    element.setAttribute("aria-label", label);
    const most = (key) => Math.max(1e-9, ...found.cells.map((one) => Math.abs(one[key] ?? 0)));
    const strongest = { x: most(pooling ? "z" : "x"), w: most("w"), product: most("product") };
    cells.forEach((cell, i) => {
      const here = found.cells[i];
      cell.element.classList.toggle("nnlib-gone", !here);
      if (!here) {
        for (const part of [cell.x, cell.w, cell.product]) setText(part, "");
        return;
      }
      tint(cell.x, (pooling ? here.z : here.x) / strongest.x);
      tint(cell.weight, (here.w ?? 0) / strongest.w);
      tint(cell.product, pooling ? here.x / strongest.x : here.product / strongest.product);
      cell.element.classList.toggle("nnlib-outside", Boolean(here.outside));
      cell.element.classList.toggle("nnlib-kept", pooling && i === largest);
      if (pooling) {
        cell.showX(here.z);
        cell.w.value = here.x;
        setText(cell.w, "ReLU");
        cell.showProduct(here.x, "", i === largest ? " max" : "");
      } else {
        if (here.outside) {
          cell.x.value = 0;
          setText(cell.x, "0 outside");
        } else cell.showX(here.x);
        cell.showW(here.w, "× ");
        cell.showProduct(here.product, "= ");
      }
      cell.weight.disabled = !editable;
      cell.weight.setAttribute("aria-pressed", String(editable && i === chosen));
      const [row, column] = [Math.floor(i / size) + 1, (i % size) + 1];
      const name = `${cell.w.textContent}, the weight in row ${row}, column ${column}`;
      if (editable) cell.weight.setAttribute("aria-label", name);
      else cell.weight.removeAttribute("aria-label");
    });
  }
  return { element, draw };
}

/** What each map that comes in adds to the sum, as bars: up in blue, down in orange. A press on one
 * chooses it; so does the list beside. */
export function partials(pick) {
  const element = svg("svg", { class: "nnlib-partials", "aria-hidden": "true" });
  const zero = svg("path", { class: "nnlib-axis" });
  let bars = [];

  function draw(values, chosen) {
    if (bars.length !== values.length) {
      bars = Array.from(values, (_, i) => {
        const [column, bar] = [svg("rect", { class: "nnlib-column" }), svg("rect")];
        put(column, { x: 10 * i, width: 10, y: 0, height: 60 });
        return { column, bar, group: svg("g", { onclick: () => pick(i) }, column, bar) };
      });
      element.replaceChildren(...bars.map(({ group }) => group), zero);
      put(element, { viewBox: `0 0 ${10 * values.length} 60`, preserveAspectRatio: "none" });
      put(zero, { d: `M0 30h${10 * values.length}` });
    }
    const most = Math.max(1e-9, ...values.map(Math.abs));
    bars.forEach(({ column, bar }, i) => {
      const height = (28 * Math.abs(values[i])) / most;
      const y = values[i] < 0 ? 30 : 30 - height;
      put(bar, {
        x: 10 * i + 2, width: 6, y, height,
        class: values[i] < 0 ? "nnlib-negative" : "nnlib-positive",
      });
      column.classList.toggle("nnlib-chosen", i === chosen);
    });
  }
  return { element, draw };
}

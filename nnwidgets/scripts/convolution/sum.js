// The products behind one number, in the places of the window, and the sum in words.

import { button, html, number, setText } from "../shared/kit.js";

const MOST = 16; // cells: 4 × 4, of a dense layer's window

/** A number with three decimals; the element holds all of its digits in `value`. */
export function exact(attributes = {}) {
  const element = html("data", attributes);
  return [element, (x, before = "", after = "") => {
    element.value = x;
    setText(element, `${before}${number(x, 3, true)}${after}`);
  }];
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
    element.setAttribute("aria-label", label);
    const strongest = Math.max(1e-9, ...found.cells.map(({ product = 0 }) => Math.abs(product)));
    cells.forEach((cell, i) => {
      const here = found.cells[i];
      cell.element.classList.toggle("nnlib-gone", !here);
      if (!here) return;
      const own = pooling ? here.x : here.product;
      const share = pooling ? (i === largest ? 0.5 : 0) : Math.abs(own) / strongest;
      cell.element.style.setProperty("--share", `${(55 * share).toFixed(1)}%`);
      cell.element.classList.toggle("nnlib-minus", own < 0);
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
      const name = `Weight in row ${row}, column ${column}: ${number(here.w ?? 0, 3)}`;
      if (editable) cell.weight.setAttribute("aria-label", name);
      else cell.weight.removeAttribute("aria-label");
    });
  }
  return { element, draw };
}

// Numbers and digits in words.

import { number } from "../shared/kit.js";
import { powerOfTen } from "../shared/plot.js";

export const DIGITS = Array.from({ length: 10 }, (_, k) => String(k));
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** A digit as an index: ₄. */
export const index = (k) => SUBSCRIPTS[k];

/** A number with three significant digits. */
export function brief(x) {
  if (x === 0) return "0";
  const [digits, power] = x.toExponential(2).split("e").map(Number);
  if (power < -3 || power > 4) return `${number(digits, 2, true)}·${powerOfTen(10 ** power)}`;
  return number(x, Math.max(0, 2 - power), true);
}

/** A temperature. */
export const degree = (T) => number(T, 3);

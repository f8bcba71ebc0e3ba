// Numbers and digits in words.

import { number } from "../shared/kit.js";
import { powerOfTen } from "../shared/plot.js";

/** A number with three significant digits; with powers of ten, `few` for those before. */
export function plain(x, few = 2) {
  if (!Number.isFinite(x)) return "—";
  if (x === 0) return "0";
  const power = Number(x.toExponential(2).split("e")[1]);
  if (power < -3 || power > 4) {
    const [digits, ten] = x.toExponential(few - 1).split("e").map(Number);
    return `${number(digits, few - 1, true)}·${powerOfTen(10 ** ten)}`;
  }
  return number(x, Math.max(0, Math.min(3, 2 - power)), true);
}

/** The same with its sign. */
export const signed = (x, few) => (x > 0 ? `+${plain(x, few)}` : plain(x, few));

/** The same in brackets if it is negative: a factor. */
export const factor = (x) => (x < 0 ? `(${plain(x)})` : plain(x));

/** A probability as a number; never 1, which softmax does not give. */
export const chance = (p, few) => (p > 0.9995 ? ">\u00a00.999" : plain(p, few));

/** A digit with its article. */
export const a = (digit) => `${digit === 8 ? "an" : "a"}\u00a0${digit}`;

// Numbers and digits in words.

import { number } from "../shared/kit.js";

/** A distance, or a code number. */
export const plain = (x) => number(x, 2, true);

/** An error, in thousandths. */
export const thousandths = (error) => number(1000 * error, 1, true);

/** A digit with its article. */
export const a = (digit) => `${digit === 8 ? "an" : "a"}\u00a0${digit}`;

/** A code. */
export const pair = ([first, second]) => `(${plain(first)}, ${plain(second)})`;

// How characters and numbers are written.

import { number } from "../shared/kit.js";

/** A character as a letter of a drawing. */
export const glyph = (character) => ({ " ": "·", "\n": "↵" })[character] ?? character;

/** A character in a list. */
export const called = (character) => ({ " ": "space", "\n": "line end" })[character] ?? character;

/** A character in a sentence. */
export const quoted = (character) =>
  ({ " ": "a space", "\n": "a line end" })[character] ?? `“${character}”`;

/** A probability in percent. */
export function percent(p) {
  if (p > 0 && p < 0.0005) return "<\u202f0.1\u00a0%";
  if (p < 1 && p > 0.9995) return ">\u202f99.9\u00a0%";
  return `${number(100 * p, 1, true)}\u00a0%`;
}

/** A number of about three digits. */
export function plain(x) {
  const size = Math.abs(x);
  return number(x, size < 9.9995 ? 3 : size < 99.995 ? 2 : 1, true);
}

/** A number in a product. */
export const factor = (x) => (plain(x).startsWith("−") ? `(${plain(x)})` : plain(x));

/** A size, never 0: a gradient that has come far is small, but it is there. */
export const small = (x) => (x > 0 && x < 0.0005 ? "<\u202f0.001" : plain(x));

// Paper to draw a digit on: actions of pen and eraser, the picture that they make, and the same
// picture scaled and moved as the training pictures were. Numbers only; desk.js has the controls.

import LIMITS from "./digits.json" with { type: "json" };

export const SIDE = LIMITS.side; // cells along a side

// Measured on the 4000 training pictures. A pen this wide, with an edge this soft, leaves as much
// ink, and as much of it grey, as their strokes have. Their longer side, from half ink to half
// ink, is 11.1 cells, and their centre of mass lies at (8.29, 8.29), half a cell from nowhere:
// MNIST put it onto the 15th of 28 pixels.
const PEN = 1.75;
const EDGE = 1.4;
const LONGER = 11.1;
const CENTRE = 8.29;
const MOST = 3; // a dot is not blown up to a disc
const UNMOVED = { scale: 1, dx: 0, dy: 0 };

/** The ink that actions leave, a number from 0 to 1 a cell: each is { line }, { erased } or
 * { picture }. */
function inked(actions, place = UNMOVED) {
  const ink = new Float64Array(SIDE * SIDE);
  for (const { line, erased, picture } of actions) {
    if (picture) for (let i = 0; i < ink.length; i++) ink[i] = Math.max(ink[i], picture[i]);
    if (line) stroke(ink, line, place);
    if (erased) erase(ink, erased, place);
  }
  return ink;
}

/** Draw a line through points [x, y]; a single point leaves a dot. Strokes keep the pen's width. */
function stroke(ink, points, { scale, dx, dy }) {
  const reach = (PEN + EDGE) / 2;
  const cells = (low, high) =>
    [Math.max(0, Math.floor(low - reach)), Math.min(SIDE - 1, Math.floor(high + reach))];
  for (let k = 0; k < points.length; k++) {
    if (k === 0 && points.length > 1) continue;
    const [[ax, ay], [bx, by]] = [points[Math.max(0, k - 1)], points[k]]
      .map(([x, y]) => [scale * x + dx, scale * y + dy]);
    const [ux, uy] = [bx - ax, by - ay];
    const square = ux * ux + uy * uy || 1;
    const [left, right] = cells(Math.min(ax, bx), Math.max(ax, bx));
    const [top, bottom] = cells(Math.min(ay, by), Math.max(ay, by));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const [px, py] = [column + 0.5 - ax, row + 0.5 - ay];
        const t = Math.min(1, Math.max(0, (px * ux + py * uy) / square));
        const distance = Math.hypot(px - t * ux, py - t * uy);
        const cover = Math.min(1, Math.max(0, 0.5 + (PEN / 2 - distance) / EDGE));
        const i = row * SIDE + column;
        ink[i] = Math.max(ink[i], cover);
      }
    }
  }
}

/** Take the ink away from cells [column, row]; a cell that covers one in part takes its share. */
function erase(ink, cells, { scale, dx, dy }) {
  const gone = new Float64Array(SIDE * SIDE);
  const overlap = (from, i) => Math.max(0, Math.min(from + scale, i + 1) - Math.max(from, i));
  for (const [column, row] of cells) {
    const [x, y] = [scale * column + dx, scale * row + dy];
    for (let j = Math.max(0, Math.floor(y)); j < Math.min(SIDE, y + scale); j++) {
      for (let i = Math.max(0, Math.floor(x)); i < Math.min(SIDE, x + scale); i++) {
        gone[j * SIDE + i] += overlap(x, i) * overlap(y, j);
      }
    }
  }
  for (let i = 0; i < ink.length; i++) ink[i] *= 1 - Math.min(1, gone[i]);
}

/** Where the ink begins and ends along an axis: where it passes ½, between two cells if need be. */
function extent(ink, along) {
  const most = new Float64Array(SIDE + 2); // with an empty cell at either end
  for (let i = 0; i < ink.length; i++) {
    const k = 1 + (along === "x" ? i % SIDE : Math.floor(i / SIDE));
    most[k] = Math.max(most[k], ink[i]);
  }
  const first = most.findIndex((value) => value >= 0.5);
  if (first < 0) return null;
  const last = most.findLastIndex((value) => value >= 0.5);
  const low = first - (most[first] - 0.5) / (most[first] - most[first - 1]);
  const high = last + (most[last] - 0.5) / (most[last] - most[last + 1]);
  return [low - 0.5, high - 0.5];
}

/** The centre of mass, [x, y]. */
function centre(ink) {
  let [mass, x, y] = [0, 0, 0];
  ink.forEach((value, i) => {
    mass += value;
    x += value * ((i % SIDE) + 0.5);
    y += value * (Math.floor(i / SIDE) + 0.5);
  });
  return [x / mass, y / mass];
}

/** How to scale and move a drawing so that it stands as the training pictures do. */
function placed(actions) {
  const ink = inked(actions);
  const [across, down] = [extent(ink, "x"), extent(ink, "y")];
  if (!across || !down) return UNMOVED;
  const side = Math.max(across[1] - across[0], down[1] - down[0]);
  const scale = Math.min(MOST, (LONGER - PEN) / Math.max(0.1, side - PEN));
  const middle = ([low, high]) => SIDE / 2 - (scale * (low + high)) / 2;
  const rough = { scale, dx: middle(across), dy: middle(down) };
  const [x, y] = centre(inked(actions, rough));
  if (!Number.isFinite(x)) return UNMOVED;
  return { scale, dx: rough.dx + CENTRE - x, dy: rough.dy + CENTRE - y };
}

/** The drawing, what the network sees of it in so many grey levels beside paper, and how it was
 * placed: null if it stays as it is.
 *
 * A picture from the data stands right already, also after a few strokes more.
 */
export function read(actions, prepare, levels) {
  const rounded = (ink) => ink.map((value) => Math.round(value * levels) / levels);
  const drawing = inked(actions);
  const place = prepare && !actions.some(({ picture }) => picture) ? placed(actions) : UNMOVED;
  const moved = place !== UNMOVED;
  const seen = rounded(moved ? inked(actions, place) : drawing);
  return { drawing, seen, place: moved ? place : null, empty: seen.every((value) => value === 0) };
}

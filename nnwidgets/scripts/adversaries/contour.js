// Lines of equal height of numbers on a square lattice.

/** Pieces of the line where values on n × n places pass through a level: [x1, y1, x2, y2], from 0
 * to 1 both ways, y downwards. */
export function contour(values, n, level) {
  const pieces = [];
  const step = 1 / (n - 1);
  for (let row = 0; row < n - 1; row++) {
    for (let column = 0; column < n - 1; column++) {
      const at = row * n + column;
      const corners = [values[at], values[at + 1], values[at + n + 1], values[at + n]];
      const ends = [];
      const cross = (i, x, y, dx, dy) => {
        const [a, b] = [corners[i] - level, corners[(i + 1) % 4] - level];
        if (a > 0 === b > 0) return;
        const t = a / (a - b);
        ends.push((column + x + t * dx) * step, (row + y + t * dy) * step);
      };
      cross(0, 0, 0, 1, 0);
      cross(1, 1, 0, 0, 1);
      cross(2, 1, 1, -1, 0);
      cross(3, 0, 1, 0, -1);
      for (let i = 0; i < ends.length; i += 4) pieces.push(ends.slice(i, i + 4));
    }
  }
  return pieces;
}

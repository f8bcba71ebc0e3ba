// The map of a landscape: its heights in steps of grey, the paths of the optimizers, and the start,
// which can be dragged. Chapter 8.

import { draggable, html, number, put, svg } from "../shared/kit.js";
import { chart, shade, signedColours } from "../shared/plot.js";
import { LANDSCAPES, RULES, standing } from "./landscapes.js";

/** The marker of an optimizer around a point, as the chapter draws it. */
export function marker(rule, x, y, r) {
  const at = `M${x.toFixed(1)} ${y.toFixed(1)}`;
  const s = r * 0.9;
  return at + {
    SGD: `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
    Momentum: `m0 ${-r * 1.2}l${r * 1.1} ${r * 2}h${-r * 2.2}z`,
    Nesterov: `m${-s} ${-s}h${2 * s}v${2 * s}h${-2 * s}z`,
    RMSProp: `m0 ${-r * 1.3}l${r * 1.2} ${r * 1.3}l${-r * 1.2} ${r * 1.3}l${-r * 1.2} ${-r * 1.3}z`,
    Adam: `m0 ${r * 1.2}l${r * 1.1} ${-r * 2}h${-r * 2.2}z`,
  }[rule];
}

/** The class that gives an optimizer its colour and its dashes. */
export function own(rule, more = "") {
  return `nnlib-${rule.toLowerCase()} ${more}`;
}

/** The map: heights in steps of grey, the paths, and the start, which is at `where()`, to drag. */
export function relief(move, where) {
  const axis = { name: "", low: 0, high: 1, ticks: 5 };
  const graph = chart({ x: axis, y: axis, width: 340, height: 255, left: 40, bottom: 38 });
  const { element, area, inside } = graph;
  element.removeAttribute("aria-hidden");
  put(element, { role: "group", "aria-label": "Map of the heights" });
  const canvas = html("canvas", { width: 432, height: 300 });
  const heights = html("div", { class: "nnlib-heights", "aria-hidden": "true" }, canvas);
  const spots = svg("g", { "aria-hidden": "true" });
  const lines = Object.fromEntries(RULES.map((rule) => {
    const halo = svg("path", { class: "nnlib-halo" });
    const path = svg("path", { class: "nnlib-path" });
    const steps = svg("path", { class: "nnlib-steps" });
    const end = svg("path", { class: "nnlib-end" });
    const name = svg("text", { class: "nnlib-label" }, rule);
    const group = svg("g", { class: own(rule), "aria-hidden": "true" }, halo, path, steps);
    return [rule, { group, halo, path, steps, end, name }];
  }));
  const all = Object.entries(lines);
  inside.append(spots, ...all.map(([, line]) => line.group));
  const tips = all.map(([rule, { end, name }]) =>
    svg("g", { class: own(rule), "aria-hidden": "true" }, end, name));
  const handle = svg(
    "g",
    {
      class: "nnlib-handle", tabindex: 0, role: "slider",
      "aria-label": "Start point; arrow keys move it",
    },
    svg("circle", { r: 24, class: "nnlib-touch" }),
    svg("circle", { r: 12, class: "nnlib-halo" }),
    svg("circle", { r: 12, class: "nnlib-ring" }));
  graph.ground.before(handle);
  element.append(...tips);
  let [land, start, painted] = [null, [0, 0], null];

  /** Move the start to a place on the map, or by so many grains. */
  const go = (across, up, stays = 0) => {
    const [next, from] = [[0, 0], where()];
    [[land.across, across], [land.up, up]].forEach(([{ i, low, high }, value]) => {
      const grain = land.grain[i];
      const rounded = stays === i + 1 ? from[i] : Math.round(value / grain) * grain;
      next[i] = Number(Math.min(high, Math.max(low, rounded)).toFixed(3));
    });
    move(next);
  };
  draggable(element, handle, (x, y) => go(graph.x.invert(x), graph.y.invert(y)));
  handle.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (!(event.key in ways)) return;
    event.preventDefault();
    const [dx, dy] = ways[event.key].map((way) => way * (event.shiftKey ? 10 : 1));
    const [a, b] = [land.across.i, land.up.i];
    const from = where();
    go(from[a] + dx * land.grain[a], from[b] + dy * land.grain[b], (dx ? b : a) + 1);
  });

  /** Draw the surface: bands of grey between the heights where lines run. */
  function paint() {
    const { across, up, levels, f } = land;
    graph.range({ x: across, y: up });
    const { width, height } = canvas;
    const bands = new Uint8Array(width * height);
    let band = 0; // neighbours are mostly in the same one
    for (let row = 0, p = 0; row < height; row++) {
      const b = up.high - ((row + 0.5) / height) * (up.high - up.low);
      for (let column = 0; column < width; column++, p++) {
        const a = across.low + ((column + 0.5) / width) * (across.high - across.low);
        const h = across.i === 0 ? f(a, b) : f(b, a);
        while (band < levels.length && h > levels[band]) band++;
        while (band > 0 && h <= levels[band - 1]) band--;
        bands[p] = band;
      }
    }
    const mix = signedColours(heights);
    const tones = levels.concat(0).map((_, i) => mix(i / levels.length * 0.45));
    const edge = mix(0.85);
    const value = (column, row) => {
      const p = row * width + column;
      const next = column + 1 < width ? bands[p + 1] : bands[p];
      const below = row + 1 < height ? bands[p + width] : bands[p];
      return bands[p] === next && bands[p] === below ? bands[p] : -1;
    };
    shade(canvas, value, (k) => (k < 0 ? edge : tones[k]));
    const texts = [["+", land.minima], ["×", land.passes]].flatMap(([sign, points]) =>
      points.map((point) => svg("text", {
        class: "nnlib-spot", x: graph.x(point[across.i]), y: graph.y(point[up.i]) + 7,
      }, sign)));
    spots.replaceChildren(...texts);
  }

  function draw(state, runs) {
    land = LANDSCAPES[state.surface];
    if (painted !== state.surface) paint();
    painted = state.surface;
    start = state.start;
    const on = (point) => [graph.x(point[land.across.i]), graph.y(point[land.up.i])];
    const far = (v) => Math.min(2000, Math.max(-2000, v));
    const [left, top, right, foot] =
      [area.x, area.y, area.x + area.width, area.y + area.height];
    const [hx, hy] = on(start);
    const taken = [[hx - 12, hy - 12, hx + 12, hy + 12]];
    for (const [rule, line] of all) {
      const seen = state.shown.includes(rule);
      for (const part of [line.group, line.end, line.name]) {
        part.classList.toggle("nnlib-gone", !seen);
      }
      if (!seen) continue;
      const run = runs[rule].slice(0, state.steps + 1);
      const points = run.map(({ theta }) => on(theta).map(far));
      const d = `M${points.map((p) => `${p[0].toFixed(1)} ${p[1].toFixed(1)}`).join("L")}`;
      put(line.halo, { d });
      put(line.path, { d });
      let [marks, before] = ["", points[0]];
      for (const [x, y] of points) {
        if (Math.hypot(x - before[0], y - before[1]) < 6) continue;
        marks += marker(rule, x, y, 2.6);
        before = [x, y];
      }
      put(line.steps, { d: marks });
      const last = points.at(-1);
      const x = Math.min(right, Math.max(left, last[0]));
      const y = Math.min(foot, Math.max(top, last[1]));
      const lost = run.at(-1).lost;
      put(line.end, {
        d: lost ? `M${x - 6} ${y - 6}l12 12m0-12l-12 12` : marker(rule, x, y, 5),
        class: lost ? "nnlib-end nnlib-lost" : "nnlib-end",
      });
      taken.push([x - 6, y - 6, x + 6, y + 6]);
    }
    name(state, runs, { on, taken });
    put(handle, {
      transform: `translate(${hx} ${hy})`,
      "aria-valuemin": land.across.low, "aria-valuemax": land.across.high,
      "aria-valuenow": start[land.across.i],
      "aria-valuetext": `x = ${number(start[0], 3)}, y = ${number(start[1], 3)}`,
    });
  }

  /** Put each name beside its end, where it covers as little as possible. */
  function name(state, runs, { on, taken }) {
    const [left, top, right, foot] =
      [area.x, area.y, area.x + area.width, area.y + area.height];
    const seen = all.filter(([rule]) => state.shown.includes(rule));
    const dots = seen.flatMap(([rule]) => runs[rule].slice(0, state.steps + 1)
      .filter((_, t) => t < 30 || t % 5 === 0).map(({ theta }) => on(theta)));
    for (const [rule, line] of seen) {
      const [ex, ey] = on(standing(runs[rule], state.steps).theta);
      const [x, y] = [Math.min(right, Math.max(left, ex)), Math.min(foot, Math.max(top, ey))];
      const wide = 8.4 * rule.length;
      const others = seen.filter(([other]) => other !== rule)
        .map(([other]) => on(standing(runs[other], state.steps).theta));
      // No patterns such as [u, v]: this runs thousands of times a frame, and each makes garbage.
      const cost = ([a, b, c, d]) => {
        let sum = Math.abs(b + 8 - y) / 7 + Math.abs((a + c) / 2 - x) / 30;
        if (a < left || c > right || b < top || d > foot) sum += 1000;
        const away = (u, v) => Math.hypot((a + c) / 2 - u, (b + d) / 2 - v);
        const own = away(x, y) - 8;
        if (others.some((end) => away(end[0], end[1]) < own)) sum += 4; // whose name is it?
        const meets = (box) => c > box[0] && a < box[2] && d > box[1] && b < box[3];
        sum += 100 * taken.filter(meets).length;
        const covers = (dot) => dot[0] > a && dot[0] < c && dot[1] > b && dot[1] < d;
        return sum + 0.5 * dots.filter(covers).length;
      };
      const options = [0, -17, 17, -34, 34, -51, 51].flatMap((dy) =>
        [x + 10, x - 10 - wide, x - wide / 2].map((from) =>
          [from, y + dy - 8, from + wide, y + dy + 8]));
      const prices = options.map(cost);
      const box = options[prices.indexOf(Math.min(...prices))];
      taken.push(box);
      put(line.name, { x: box[0], y: box[1] + 13 });
    }
  }
  const box = html("div", { class: "nnlib-map" }, heights, element);
  return { element: box, draw, repaint: () => land && paint() };
}

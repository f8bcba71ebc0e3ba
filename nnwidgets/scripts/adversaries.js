// Two adversaries in the plane: a generator and a discriminator, trained in the page. Chapter 14.

import LIMITS from "./adversaries.json" with { type: "json" };
import { gradients, losses } from "./adversaries/curves.js";
import { plane } from "./adversaries/plane.js";
import { Run } from "./adversaries/run.js";
import {
  button, choice, frame, html, listen, live, named, nextSeed, number, oncePerFrame, onThemeChange,
  player, put, reducedMotion, select, setText, settings, thousands,
} from "./shared/kit.js";
import { powerOfTen } from "./shared/plot.js";

const VALUES = [
  "data", "loss", "discriminator_steps", "discriminator_rate", "generator_rate", "beta1", "order",
  "seed", "points", "show", "speed",
];
const ANEW = ["data", "seed", "points"]; // what begins a new run; all else acts at once
const RATES = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02];
const PACE = { // steps a frame at most, ms that they may take, ms between two frames
  slow: [1, 5, 250], normal: [2, 4, 0], fast: [100, 12, 0],
};
const CALM = [60, 200]; // steps and ms, twice a second, for readers who want less motion
const CORNER = [-2.5, 2.5]; // where the ring is at first
const HINT = `Blue ground: D > ½, orange: D < ½. Arrows, cut at length ${LIMITS.longest}: minus `
  + "the gradient of G’s loss.";
const STILL = 150; // ms without a change after which the plane is drawn finely

/** A number with three digits: 0.597, 4.1·10⁻⁵. */
function brief(x) {
  if (!Number.isFinite(x)) return "—";
  if (x !== 0 && Math.abs(x) < 0.001) {
    const [digits, power] = x.toExponential(1).split("e");
    return `${number(Number(digits), 1, true)}·${powerOfTen(10 ** Number(power))}`;
  }
  return number(x, Math.abs(x) < 10 ? 3 : 1, true);
}

const percent = (share) => `${number(100 * share, 0)}\u00a0%`;

/** The numbers of the moment, beside those of the equilibrium. */
function table() {
  const cell = (tag, ...inside) => html(tag, {}, ...inside);
  const rows = {};
  const row = (key, name, goal) => {
    const [value, aim] = [html("td", {}, "—"), html("td", {}, goal)];
    const head = html("th", { scope: "row" }, ...name);
    rows[key] = { value, aim, head };
    return html("tr", {}, head, value, aim);
  };
  const symbol = (letter, index) => [html("i", {}, letter), html("sub", {}, index)];
  const ln2 = number(Math.LN2, 3);
  const head = ["200 samples (✓ in use)", "now", "at D = ½"].map((word) =>
    html("th", { scope: "col" }, word));
  const element = html(
    "table", { class: "nnlib-numbers" },
    cell("thead", html("tr", {}, ...head)),
    cell(
      "tbody",
      row("d", [...symbol("L", "D"), " of the discriminator"], number(2 * Math.LN2, 3)),
      row("g", [...symbol("L", "G"), " of the generator"], ln2),
      row("real", ["mean D on real ●"], "0.5"),
      row("fake", ["mean D on invented ×"], "0.5"),
      row("strong", ["gradient, −log D"], "—"),
      row("weak", ["gradient, log(1 − D)"], "—")));

  function draw(now, loss) {
    const known = now.gradient !== undefined;
    const say = (key, x) => setText(rows[key].value, known ? brief(x) : "—");
    say("d", now.discriminatorLoss);
    say("g", now.generatorLoss?.[loss]);
    say("real", now.onReal);
    say("fake", now.onGenerated);
    say("strong", now.gradient?.["non-saturating"]);
    say("weak", now.gradient?.minimax);
    setText(rows.g.aim, loss === "minimax" ? `−${ln2}` : ln2);
    rows.strong.head.classList.toggle("nnlib-trains", loss !== "minimax");
    rows.weak.head.classList.toggle("nnlib-trains", loss === "minimax");
  }
  return { element, draw };
}

/** In words: what the samples have found, and whether the generator has collapsed. */
function report() {
  const lines = ["answer", "verdict", "near", "rule"].map((name) =>
    html("p", { class: `nnlib-${name}` }));
  const element = html("div", { class: "nnlib-report" }, ...lines);

  function draw(run, now) {
    const what = run.modes ? "Modes found" : "Dots covered";
    const place = run.modes ? "mode" : "dot";
    if (!run.ready) {
      setText(lines[0], "Nothing to learn yet: draw on the plane.");
      setText(lines[1], "By keyboard: move the ring, press Enter.");
      setText(lines[2], "");
      setText(lines[3], "");
    } else if (run.diverged) {
      setText(lines[0], `Diverged at step ${thousands(run.steps)}.`);
      setText(lines[1], "Lower the learning rates and start over.");
    } else {
      setText(lines[0], `${what}: ${now.found} of ${now.of}`);
      setText(lines[1], verdict(now));
      setText(lines[2],
        `Near a ${place}: ${percent(now.near)}. Spread: ${percent(now.spread)}`);
      setText(lines[3], `A ${place} counts with ${run.enough} of 200 samples within 3 SD. `
        + "Spread: their SD over the data’s. Collapse, after 100 steps of G: half near, yet at "
        + "most half found; or a spread under 25\u00a0%.");
    }
    lines[1].classList.toggle("nnlib-wrong", Boolean(now.collapse));
    return lines.slice(0, 3).map((line) => line.textContent).join(". ");
  }
  return { element, draw };
}

/** What has become of the generator. */
function verdict(now) {
  if (now.early) return "Too early to tell";
  if (now.collapse && now.dead) return "Collapse: one point, ReLUs dead";
  if (now.collapse && now.spread < LIMITS.tight) return "Collapse: all samples in one spot";
  if (now.collapse) return "Collapse: at least half is missing";
  if (now.near < 0.5) return "Most samples are not near the data";
  return now.found === now.of ? "No collapse: all are found" : "No collapse, but some are missing";
}

export function render({ model, el }) {
  const { first, values, set } = settings(model, VALUES);
  let run = new Run(values());
  let where = [...CORNER];
  let alone = 0; // steps of the discriminator alone that are still to come
  let seen = true; // whether the widget is on the screen
  let last = 0; // when it stepped, for the slow pace
  const past = []; // drawings before the last changes

  const pick = (label, name, all, words = String) => {
    const offered = [...all];
    const change = (key) => set({ [name]: offered.find((value) => String(value) === key) });
    const options = Object.fromEntries(all.map((value) => [value, words(value)]));
    const control = select({ label, options, value: String(all[0]), change });
    const follow = () => {
      const value = model.get(name);
      if (!offered.includes(value)) { // Python has brought it
        offered.push(value);
        control.list.append(html("option", { value }, words(value)));
      }
      control.show(String(value));
    };
    return { ...control, follow };
  };
  const keyed = (label, name, options) =>
    pick(label, name, Object.keys(options), (key) => options[key]);
  const pace = keyed("Speed", "speed", LIMITS.speeds);
  const data = keyed("Data", "data", { ...named(LIMITS.sets), [LIMITS.own]: "your drawing" });
  const controls = [
    data,
    keyed("They learn", "order", LIMITS.orders),
    pick("D steps per G step", "discriminator_steps", [1, 2, 3, 5, 10]),
    pick("Learning rate of D", "discriminator_rate", RATES),
    pick("Learning rate of G", "generator_rate", RATES),
    pick("Adam’s β₁", "beta1", [0, 0.5, 0.9]),
  ];
  const loss = choice({
    label: "The generator’s loss", value: first.loss, options: LIMITS.losses,
    change: (next) => set({ loss: next }),
  });

  const step = (who = "both") => {
    const going = run.step(who);
    redraw();
    return going;
  };
  const training = player({
    advance() {
      const now = performance.now();
      const calm = reducedMotion();
      const [most, time, pause] = PACE[model.get("speed")];
      if (!seen || (!calm && now - last < pause)) return run.ready && !run.diverged;
      last = now;
      const [count, limit] = calm && !pause ? CALM : [most, time];
      for (let k = 0; k < count && performance.now() - now < limit; k++) {
        if (!step()) return false;
      }
      return true;
    },
    step: () => single("both"),
    words: ["Play", "Pause", "Both"],
  });
  const stop = () => {
    training.pause();
    alone = 0;
  };
  const single = (who) => {
    stop();
    step(who);
  };
  put(training.once, { "aria-label": "One step of both" });
  training.play.addEventListener("click", () => (alone = 0));
  const onlyD = button("D", () => single("discriminator"), { "aria-label": "One step of D alone" });
  const onlyG = button("G", () => single("generator"), { "aria-label": "One step of G alone" });
  const stepping = html(
    "div", { class: "nnlib-stepping", role: "group", "aria-label": "One step" },
    html("span", { "aria-hidden": "true" }, "Step:"), training.once, onlyD, onlyG);
  const chase = oncePerFrame(() => {
    const start = performance.now();
    while (alone && (reducedMotion() || performance.now() - start < PACE.normal[1])) {
      alone = step("discriminator") ? alone - 1 : 0;
    }
    if (alone) chase();
    redraw();
  });
  const win = button(`Let D win: ${LIMITS.win} steps of D alone`, () => {
    stop();
    alone = LIMITS.win;
    chase();
  });

  const begin = () => {
    stop();
    run = new Run(values());
    redraw();
  };
  const over = button("Start over", begin);
  const anew = button("", () => set({ seed: nextSeed(model.get("seed"), LIMITS.seed) }));
  const reset = button("Reset", () => {
    past.length = 0;
    where = [...CORNER];
    set(first);
    begin();
  });

  const own = () => model.get("data") === LIMITS.own;
  const drawing = button("Draw your own", () => set({ data: own() ? first.data : LIMITS.own }));
  const change = (points) => {
    past.push(model.get("points"));
    set({ points });
  };
  const undo = button("Undo", () => past.length && set({ points: past.pop() }));
  const clear = button("Clear", () => model.get("points").length && change([]));
  const picture = plane({
    where: () => where,
    ask(...place) {
      where = place;
      redraw();
    },
    add: (dots) => change([...model.get("points"), ...dots].slice(0, LIMITS.points)),
    own, redraw: () => redraw(),
  });
  const layers = Object.entries(LIMITS.layers).map(([key, word]) => {
    const toggle = () => {
      const show = model.get("show");
      set({ show: Object.keys(LIMITS.layers).filter((k) => show.includes(k) !== (k === key)) });
    };
    return [key, button(word, toggle)];
  });
  const answer = html("p", { class: "nnlib-asked" });
  const count = html("p", { class: "nnlib-count" });
  const numbers = table();
  const words = report();
  const graph = losses();
  const slopes = gradients();
  const spoken = live();
  const group = (label, ...inside) => html(
    "div", { class: "nnlib-group", role: "group", "aria-label": label },
    html("p", { class: "nnlib-caption" }, label), ...inside);
  const root = frame(
    el, "adversaries", "A generator against a discriminator",
    html(
      "div", { class: "nnlib-bar nnlib-head" },
      training.element, stepping, pace.element, reset),
    html(
      "div", { class: "nnlib-view" },
      picture.element,
      html(
        "p", { class: "nnlib-legend" },
        html("span", {}, "● real"), html("span", {}, "× invented"),
        html("span", {}, "— D = ½"), html("span", {}, "- - 0.1, 0.9")),
      html("p", { class: "nnlib-hint" }, HINT),
      answer,
      html(
        "div", { class: "nnlib-bar nnlib-layers", role: "group", "aria-label": "Shown" },
        ...layers.map(([, one]) => one))),
    html(
      "div", { class: "nnlib-found" },
      count, words.element, numbers.element,
      group("The generator lowers the mean of", loss.element, win)),
    html("div", { class: "nnlib-curves" }, graph.element, slopes.element),
    html(
      "div", { class: "nnlib-rules" },
      html(
        "div", { class: "nnlib-settings" },
        ...controls.map((one) => one.element),
        html("div", { class: "nnlib-bar nnlib-own" }, drawing, undo, clear)),
      html("div", { class: "nnlib-bar" }, over, anew)),
    spoken.element);

  const said = () => {
    const [x, y] = where;
    const D = 1 / (1 + Math.exp(-run.probe.forward(Float64Array.of(x, y))[0]));
    return `At (${number(x, 2, true)}, ${number(y, 2, true)}), D = ${number(D, 3, true)}`;
  };

  let fine = null;
  let charted = []; // what the curves were drawn of
  let stopSharpening = () => {};
  const paintPlane = () => picture.draw(run, run.measure(), model.get("show"));
  function draw() {
    clearTimeout(fine);
    stopSharpening();
    const now = run.measure();
    const { loss: chosen, seed, points } = run.settings;
    const moving = training.playing() || alone > 0;
    for (const one of [...controls, pace]) one.follow();
    loss.show(chosen);
    for (const [key, one] of layers) {
      put(one, { "aria-pressed": String(model.get("show").includes(key)) });
    }
    put(drawing, { "aria-pressed": String(own()) });
    undo.disabled = !own() || !past.length;
    clear.disabled = !own() || !points.length;
    setText(anew, `New start (seed ${seed})`);
    const { generator, discriminator } = run.moves;
    setText(count, `Step ${thousands(run.steps)}: D moved ${thousands(discriminator)} times, G `
      + thousands(generator));
    const place = said();
    setText(answer, place);
    picture.point(place);
    const found = words.draw(run, now);
    numbers.draw(now, chosen);
    const latest = [run, run.history.at(-1), chosen];
    if (latest.some((value, i) => value !== charted[i])) {
      charted = latest;
      graph.draw(run, chosen);
      slopes.draw(run);
    }
    paintPlane();
    if (!moving) {
      fine = setTimeout(() => (stopSharpening = picture.sharpen(run, paintPlane)), STILL);
    }
    spoken.say(moving ? "Training" : `Step ${run.steps}. ${found}. ${place}.`);
  }
  const redraw = oncePerFrame(draw);
  const restart = () => {
    if (!ANEW.some((name) => model.get(name) !== run.settings[name])) return;
    begin();
  };
  const apply = () => {
    run.settings = values();
    redraw();
  };
  const act = VALUES.filter((name) => !ANEW.includes(name));
  const repaint = () => {
    picture.paint(root);
    redraw();
  };
  const watcher = new IntersectionObserver(([{ isIntersecting }]) => (seen = isIntersecting));
  watcher.observe(root);
  const ends = [listen(model, ANEW, restart), listen(model, act, apply), onThemeChange(repaint)];
  picture.paint(root);
  draw();
  return () => {
    stop();
    watcher.disconnect();
    clearTimeout(fine);
    stopSharpening();
    for (const end of [...ends, redraw.stop, chase.stop, spoken.stop, picture.stop]) end();
  };
}

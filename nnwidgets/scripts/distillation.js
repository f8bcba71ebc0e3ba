// A digit, what a teacher says to it at any temperature, what two students say, and what the
// teacher's answer asks of them. Chapter 10.

import LIMITS from "./distillation.json" with { type: "json" };
import {
  learning, length, lengths, limit, ranked, teaching,
} from "./distillation/answers.js";
import { TEMPERATURES, curves } from "./distillation/curves.js";
import { spelling } from "./distillation/spelling.js";
import { digitTable, factTable } from "./distillation/tables.js";
import { DIGITS, brief, degree } from "./distillation/words.js";
import { drawingDesk, samplesOf } from "./shared/digits/desk.js";
import { ImageNetwork, halves } from "./shared/digits/network.js";
import { percent } from "./shared/digits/outputs.js";
import {
  button, choice, follow, frame, html, live, number, select, setText, settings, slider,
} from "./shared/kit.js";

const SETTINGS = ["temperature", "at", "student", "digit"];
const STOPS = [
  0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 12,
  14, 16, 18, 20,
];
const STUDENTS = Object.keys(LIMITS.students);

export function render({ model, el }) {
  const { first, values, set } = settings(model, SETTINGS);
  const networks = Object.fromEntries(["teacher", ...STUDENTS].map((name) =>
    [name, new ImageNetwork(model.get("_layers")[name], halves(model.get(`_${name}`)))]));

  let known = {}; // what the curves show
  let drawn = null; // what the desk told last
  let logits = null; // of teacher and students for it
  const desk = drawingDesk({
    model, samples: samplesOf(model),
    change(now) {
      drawn = now;
      logits = Object.fromEntries(Object.entries(networks).map(([name, one]) =>
        [name, Float64Array.from(one.forward(now.seen))]));
      draw();
    },
  });
  const heat = slider({
    label: "T", name: "Temperature T", range: LIMITS.temperature, stops: STOPS,
    value: first.temperature, change: (temperature) => set({ temperature }),
  });
  const at = choice({
    label: "Students answer at", options: LIMITS.at, value: first.at,
    change: (next) => set({ at: next }),
  });
  const whose = choice({
    label: "Student whose gradient is shown", options: LIMITS.students, value: first.student,
    change: (student) => set({ student }),
  });
  const chooser = select({
    label: "Written out: digit", value: first.digit,
    options: { ...DIGITS, ...LIMITS.digits }, change: (digit) => set({ digit }),
  });
  const reset = button("Reset", () => {
    set(first);
    desk.reset();
  });

  const choose = (k) => set({ digit: String(k) });
  const saying = html("p", { class: "nnlib-answer" });
  const unsure = html("p");
  const answers = digitTable({
    label: "Answers, digit by digit", name: "answers", choose,
    heads: [
      [[""], ["", "nnlib-over nnlib-three", 3], [""], ["", "nnlib-over nnlib-two", 2]],
      [["digit"], ["z"], ["z / T", "nnlib-scaled"], ["q"], ["label"], ["hard"], ["soft"]],
    ],
    columns: [["z", true], ["scaled", true], ["q"], ["t"], ["p"], ["p"]],
  });
  const measured = html("p");
  const truth = html("p");
  const replies = html("p");
  const asked = digitTable({
    label: "What is asked of the student, digit by digit", name: "asked", choose,
    heads: [[["digit"], ["q"], ["p"], ["(p − q) / T"], ["T² · that"]]],
    columns: [["q"], ["p"], ["g", true], ["g", true]],
  });
  const facts = factTable({
    label: "At T", heads: ["hard", "soft"],
    rows: [
      "cross-entropy with q", "less q's entropy", "length of (p − q) / T", "T² times that",
      "that for very large T", "label: p − t, T = 1",
    ],
  });
  const graph = curves();
  const spelled = spelling(chooser.element);
  const spoken = live();
  const caption = (words) => html("p", { class: "nnlib-caption" }, words);
  frame(
    el, "distillation", "A teacher's answer at any temperature",
    html("div", { class: "nnlib-bar" }, desk.tools, desk.undo, desk.clear, reset),
    html(
      "div", { class: "nnlib-below" },
      html("div", { class: "nnlib-head" }, heat.element, html("div", { class: "nnlib-saying" }, saying, unsure)),
      html(
        "div", { class: "nnlib-parts" },
        html("div", { class: "nnlib-desk" }, caption("Draw here"), desk.paper, desk.samples),
        html(
          "div", { class: "nnlib-said" }, answers.element,
          html("div", { class: "nnlib-at" }, caption("Students answer at"), at.element)),
        html("div", { class: "nnlib-report" }, truth, replies, measured),
        html(
          "div", { class: "nnlib-lower" },
          html(
            "div", { class: "nnlib-asks" },
            html("div", { class: "nnlib-at" }, caption("What q asks of the student"), whose.element),
            asked.element),
          html(
            "div", { class: "nnlib-lengths" }, graph.element,
            caption("At large T the gradient shrinks as 1 / T². Times T² it does not, and keeps its"
              + " balance with the label's."),
            facts.element),
          spelled.element))),
    spoken.element);

  /** The label as probabilities, or null for a drawing. */
  const labelled = () => (drawn.sample ? DIGITS.map((_, k) => Number(k === drawn.sample.label))
    : null);

  /** How long a student's gradient is at all temperatures, and the longest bar of its table. */
  function profiles(name) {
    if (known.logits !== logits || known.name !== name) {
      const sizes = lengths(logits[name], logits.teacher, TEMPERATURES);
      const evened = sizes.map((size, i) => size * TEMPERATURES[i] ** 2);
      known = { logits, name, sizes, widest: Math.max(...sizes, ...evened) || 1 };
    }
    return known;
  }

  function draw() {
    if (!drawn) return;
    const { temperature: T, at: when, student: name, digit } = values();
    const teacher = teaching(logits.teacher, T);
    const students = STUDENTS.map((one) => learning(logits[one], teacher.q, T));
    const student = students[STUDENTS.indexOf(name)];
    const label = labelled();
    const k = digit === "first" ? teacher.order[0] : digit === "second" ? teacher.order[1]
      : Number(digit);
    const t = degree(T);
    const [one, two, three] = teacher.order;
    const odds = (i) => `${i} (${percent(teacher.q[i], 0)})`;

    heat.show(T);
    at.show(when);
    whose.show(name);
    chooser.show(digit);
    setText(saying, `Teacher: ${odds(one)}, ${odds(two)}, ${odds(three)}`);
    const many = number(teacher.choices, 2, true);
    const entropy = number(teacher.entropy, 4, true);
    setText(unsure, `as unsure as ${many} equal choices`);

    setText(answers.titles[0][1], `Teacher, T = ${t}`);
    setText(answers.titles[0][3], `Students, T = ${when === "1" ? 1 : t}`);
    const shown = students.map((each) => (when === "1" ? each.plain : each.p));
    const bests = shown.map((p) => ranked(p)[0]);
    const reach = Math.max(...Array.from(teacher.z, Math.abs)) * Math.max(1, 1 / T) || 1;
    answers.draw(DIGITS.map((_, i) => [
      [number(teacher.z[i], 1, true), teacher.z[i] / reach],
      [number(teacher.scaled[i], 2, true), teacher.scaled[i] / reach],
      [percent(teacher.q[i], 1), teacher.q[i], i === one],
      [label ? String(label[i]) : "–", label ? label[i] : 0, Boolean(label?.[i])],
      ...shown.map((p, j) => [percent(p[i], 1), p[i], i === bests[j]]),
    ]), k);

    setText(truth, drawn.empty ? "The paper is empty." : drawn.sample
      ? `The label says ${drawn.sample.label}, and nothing of the other digits.`
      : "Your own drawing has no label.");
    setText(measured, `The entropy of q is ${entropy}, and exp(${entropy}) = ${many}.`);
    setText(replies, `The students at T = ${when === "1" ? 1 : t}: ${STUDENTS.map((each, j) =>
      `${LIMITS.students[each]} ${bests[j]} (${percent(shown[j][bests[j]], 0)})`).join(", ")}.`);

    const { sizes, widest } = profiles(name);
    asked.draw(DIGITS.map((_, i) => [
      [percent(teacher.q[i], 1), teacher.q[i], i === one],
      [percent(student.p[i], 1), student.p[i], i === ranked(student.p)[0]],
      [number(student.gradient[i], 4, true), student.gradient[i] / widest],
      [number(student.evened[i], 3, true), student.evened[i] / widest],
    ]), k);
    const hards = label ? students.map((each) =>
      length(each.plain.map((p, i) => p - label[i]))) : null;
    setText(facts.corner, `At T = ${t}`);
    facts.draw([
      students.map((each) => brief(each.loss)),
      students.map((each) => brief(Math.max(0, each.loss - teacher.entropy))),
      students.map((each) => brief(length(each.gradient))),
      students.map((each) => brief(length(each.evened))),
      students.map((each) => brief(limit(each.z, teacher.z))),
      hards ? hards.map(brief) : ["–", "–"],
    ], STUDENTS.indexOf(name));
    graph.draw(sizes, length(student.gradient), T, hards ? hards[STUDENTS.indexOf(name)] : null);
    spelled.draw(k, teacher, student, T, name);
    spoken.say(`${drawn.where}At T = ${t}: ${saying.textContent}, ${unsure.textContent}. ${truth.textContent}`
      + ` ${replies.textContent}`);
  }
  desk.start();
  const redraw = follow(model, SETTINGS, draw);
  return () => {
    desk.stop();
    redraw.stop();
    spoken.stop();
  };
}

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
import { drawingDesk, pixels, samplesOf } from "./shared/digits/desk.js";
import { ImageNetwork } from "./shared/digits/network.js";
import { halves } from "./shared/halves.js";
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
  let meant = null; // the label that the reader gave to what is on the paper
  let drawn = null; // what the desk told last
  let logits = null; // of teacher and students for it
  const desk = drawingDesk({
    model, samples: samplesOf(model),
    change(now) {
      if (now.empty || now.sample !== drawn?.sample) meant = null;
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
  const labels = select({
    label: "Label", value: "", options: { ...DIGITS, "": "none" },
    change(next) {
      meant = next;
      draw();
    },
  });
  labels.list.setAttribute("aria-label", "Label of this digit");
  const chooser = select({
    label: "Written out: digit", value: first.digit,
    options: { ...DIGITS, ...LIMITS.digits }, change: (digit) => set({ digit }),
  });
  const reset = button("Reset", () => {
    meant = null;
    set(first);
    desk.reset();
  });

  const choose = (k) => set({ digit: String(k) });
  const seen = pixels({ role: "img", "aria-label": "What the networks see" });
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
  const says = html("p");
  const replies = html("p");
  const asked = digitTable({
    label: "What is asked of the student, digit by digit", name: "asked", choose,
    heads: [[["digit"], ["q"], ["p"], ["(p − q) / T"], ["T² · that"]]],
    columns: [["q"], ["p"], ["g", true], ["g", true]],
  });
  const facts = factTable({
    label: "At T", heads: ["hard", "soft"],
    rows: [
      "cross-entropy q, p", "less q's entropy", "length of (p − q) / T", "T² times that",
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
      html(
        "div", { class: "nnlib-head" }, heat.element,
        html("div", { class: "nnlib-saying" }, seen.canvas, html("div", {}, saying, unsure))),
      html(
        "div", { class: "nnlib-parts" },
        html("div", { class: "nnlib-desk" }, caption("Draw here"), desk.paper, desk.samples),
        html(
          "div", { class: "nnlib-said" }, answers.element,
          html("div", { class: "nnlib-at" }, caption("Students at"), at.element,
            labels.element)),
        html("div", { class: "nnlib-report" }, says, replies, measured),
        html(
          "div", { class: "nnlib-lower" },
          html(
            "div", { class: "nnlib-asks" },
            html(
              "div", { class: "nnlib-at" }, caption("What q asks of the student"), whose.element),
            asked.element),
          html(
            "div", { class: "nnlib-lengths" }, graph.element,
            caption("At large T the gradient shrinks as 1 / T². Times T² it does not, and keeps its"
              + " balance with the label's."),
            facts.element),
          spelled.element))),
    spoken.element);

  /** All that is shown, from the model's values and the logits. */
  function computed() {
    const { temperature: T, at: when, student: name, digit } = values();
    const teacher = teaching(logits.teacher, T);
    const students = STUDENTS.map((one) => learning(logits[one], teacher.q, T));
    const shown = students.map(({ plain, p }) => (when === "1" ? plain : p));
    const truth = meant ?? String(drawn.sample?.label ?? ""); // "" for none
    const label = truth && DIGITS.map((digit) => Number(digit === truth));
    const ofLabel = students.map(({ plain }) => // the length of its gradient
      (label ? length(plain.map((p, k) => p - label[k])) : null));
    const [likeliest, next] = teacher.order;
    return {
      T, t: degree(T), teacher, students, shown, bests: shown.map((p) => ranked(p)[0]), truth,
      label, ofLabel, at: when === "1" ? "1" : degree(T), name, student: STUDENTS.indexOf(name),
      k: { first: likeliest, second: next }[digit] ?? Number(digit),
    };
  }

  /** How long a student's gradient is at all temperatures, and the longest bar of its table. */
  function profiles(name) {
    if (known.logits !== logits || known.name !== name) {
      const sizes = lengths(logits[name], logits.teacher, TEMPERATURES);
      const evened = sizes.map((size, i) => size * TEMPERATURES[i] ** 2);
      known = { logits, name, sizes, widest: Math.max(...sizes, ...evened) || 1 };
    }
    return known;
  }

  function drawAnswers({ T, t, at: degrees, teacher, shown, bests, label, k }) {
    const { z, scaled, q, order: [best] } = teacher;
    setText(answers.titles[0][1], `Teacher, T = ${t}`);
    setText(answers.titles[0][3], `Students, T = ${degrees}`);
    const reach = Math.max(...z.map(Math.abs)) * Math.max(1, 1 / T) || 1;
    answers.draw(DIGITS.map((_, i) => [
      [number(z[i], 1, true), z[i] / reach],
      [number(scaled[i], 2, true), scaled[i] / reach],
      [percent(q[i], 1), q[i], i === best],
      [label ? String(label[i]) : "–", label ? label[i] : 0, label && label[i] === 1],
      ...shown.map((p, j) => [percent(p[i], 1), p[i], i === bests[j]]),
    ]), k);
  }

  function drawAsked({ teacher: { q, order }, students, student, name, k }) {
    const { p, gradient, evened } = students[student];
    const { widest } = profiles(name);
    const [best] = ranked(p);
    asked.draw(DIGITS.map((_, i) => [
      [percent(q[i], 1), q[i], i === order[0]],
      [percent(p[i], 1), p[i], i === best],
      [number(gradient[i], 4, true), gradient[i] / widest],
      [number(evened[i], 3, true), evened[i] / widest],
    ]), k);
  }

  function drawFacts({ t, teacher, students, student, ofLabel }) {
    setText(facts.corner, `At T = ${t}`);
    facts.draw([
      students.map(({ loss }) => brief(loss)),
      students.map(({ loss }) => brief(Math.max(0, loss - teacher.entropy))),
      students.map(({ gradient }) => brief(length(gradient))),
      students.map(({ evened }) => brief(length(evened))),
      students.map(({ z }) => brief(limit(z, teacher.z))),
      ofLabel.map((size) => (size === null ? "–" : brief(size))),
    ], student);
  }

  function drawWords({ t, at: degrees, teacher, shown, bests, truth }) {
    const { q, order: [first, second, third], entropy, choices } = teacher;
    const odds = (p, i) => `${i} (${percent(p[i], 0)})`;
    setText(saying, `Teacher: ${odds(q, first)}, ${odds(q, second)}, ${odds(q, third)}`);
    const [bits, many] = [number(entropy, 4, true), number(choices, 2, true)];
    setText(unsure, `as unsure as ${many} equal choices`);
    setText(measured, `The entropy of q is ${bits}, and exp(${bits}) = ${many}.`);
    const who = meant ? "You say" : "The label says";
    const none = drawn.empty ? "The paper is empty." : "No label: choose what you meant.";
    setText(says, truth ? `${who} ${truth}, and nothing of the other digits.` : none);
    const each = STUDENTS.map((one, j) => `${LIMITS.students[one]} ${odds(shown[j], bests[j])}`);
    setText(replies, `The students at T = ${degrees}: ${each.join(", ")}.`);
    const said = [saying, unsure, says, replies].map((element) => element.textContent);
    spoken.say(`${drawn.where}At T = ${t}: ${said.join(". ")}`);
  }

  function draw() {
    if (!drawn) return;
    const now = computed();
    heat.show(now.T);
    at.show(model.get("at"));
    whose.show(now.name);
    labels.show(now.truth);
    chooser.show(model.get("digit"));
    seen.draw(drawn.seen, drawn.colours);
    drawWords(now);
    drawAnswers(now);
    drawAsked(now);
    drawFacts(now);
    const student = now.students[now.student];
    graph.draw(profiles(now.name).sizes, length(student.gradient), now.T, now.ofLabel[now.student]);
    spelled.draw(now.k, now.teacher, student, now.T, now.name);
  }

  desk.start();
  const redraw = follow(model, SETTINGS, draw);
  return () => {
    desk.stop();
    redraw.stop();
    spoken.stop();
  };
}

// The answer in a sentence that admits its doubt, for the part "answer" of the digit reader.

import { html, live } from "../shared/kit.js";
import { percent } from "../shared/digits/outputs.js";

/** An answer in two halves: what it most likely is, and what else it may be. */
function halves({ p, order: [first, second] }) {
  const guess = (k) => `${k === 8 ? "an" : "a"}\u00a0${k}, ${percent(p[k], 0)}`;
  if (p[first] < 0.5) return [`Torn: ${guess(first)};`, `or ${guess(second)}?`];
  const doubt = p[first] < 0.9 ? `perhaps ${guess(second)}.` : "It has hardly a doubt.";
  return [`${guess(first).replace("a", "A")}${p[first] < 0.9 ? ";" : "."}`, doubt];
}

/** The sentence and a word on what is drawn; as long as the paper is empty, an invitation. */
export function doubt() {
  const answer = html("p", { class: "nnlib-answer" });
  const other = html("p", { class: "nnlib-other" });
  const truth = html("p", { class: "nnlib-equation" });
  const spoken = live();
  const element = html("div", { class: "nnlib-report" }, answer, other, truth, spoken.element);
  const hidden = { class: "nnlib-invitation", "aria-hidden": "true" }; // the paper has a name
  const invitation = html("p", hidden, "Draw a digit");

  function draw(now, { empty, sample, where }) {
    const [first, second] = empty ? ["", ""] : halves(now);
    answer.textContent = first;
    other.textContent = second;
    const right = sample?.label === now.order[0];
    truth.textContent = "";
    if (empty) truth.textContent = "Its answer comes here, stroke by stroke, and how sure it is.";
    if (sample) {
      truth.textContent =
        `A digit from the data, labelled ${sample.label}: ${right ? "right ✓" : "wrong ✗"}`;
    }
    truth.classList.toggle("nnlib-wrong", Boolean(sample) && !right);
    const said = `${first} ${second} ${truth.textContent}`;
    spoken.say(`${where}${empty ? "The paper is empty." : said}`);
  }
  return { element, invitation, draw, stop: spoken.stop };
}

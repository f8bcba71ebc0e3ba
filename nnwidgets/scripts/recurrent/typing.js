// A text of one's own: what is typed becomes characters of the alphabet, or is left out with a
// word.

import { html, setText } from "../shared/kit.js";

const OPENS = /(^|[\s([‘“-])$/; // what stands before an opening quotation mark

/** What a character may stand for, the best first; `past` stands before it. */
function meanings(character, past) {
  const quotes = { "'": "‘’", '"': "“”" }[character];
  if (quotes) return OPENS.test(past) ? [quotes[0]] : [quotes[1]];
  const plain = { "—": "--", "–": "-", "…": "...", "↵": "\n", "‐": "-", "‑": "-" }[character];
  if (plain) return [plain];
  if (/\s/.test(character)) return [" "];
  const bare = character.normalize("NFKD").replace(/\p{M}/gu, "");
  return [bare, bare.toLowerCase(), bare.toUpperCase()];
}

/** Read a typed text: { text, as, out }, where `as` says what was read as something else and `out`
 * what is not in the alphabet. */
export function understood(typed, alphabet) {
  let text = "";
  const [as, out] = [new Map(), new Set()];
  for (const character of typed.replaceAll(/\r\n?/g, "\n")) {
    if (alphabet.has(character)) {
      text += character;
      continue;
    }
    const known = meanings(character, text).find((some) =>
      some && [...some].every((one) => alphabet.has(one)));
    if (known === undefined) out.add(character);
    else {
      text += known;
      as.set(character, known);
    }
  }
  return { text, as, out };
}

const quiet = { " ": "a space", "\n": "a line end", "\t": "a tab" };
const name = (character) => quiet[character] ?? character;

/** The field. `change(text, caret)` hears of texts of the alphabet, up to `most` characters. */
export function textField({ alphabet, most, change }) {
  const word = html("span", { class: "nnlib-refusal", role: "alert" });
  const field = html("textarea", {
    rows: 3, spellcheck: "false", autocomplete: "off", autocapitalize: "off",
    "aria-label": "Your text", oninput: (event) => event.isComposing || read(),
    oncompositionend: () => read(),
  });
  const element = html("div", { class: "nnlib-typing" }, field, word);
  let current = "";

  function read() {
    const caret = field.selectionStart;
    const { text, as, out } = understood(field.value, alphabet);
    const whole = text.slice(0, most);
    const before = understood(field.value.slice(0, caret), alphabet).text.length;
    const at = Math.min(before, whole.length);
    if (field.value !== whole) {
      field.value = whole;
      field.setSelectionRange(at, at);
    }
    const said = [...out].slice(0, 5).map(name).join(" ");
    const [first] = as;
    setText(word, out.size ? `Left out, not in the alphabet: ${said}`
      : text.length > most ? `No more than ${most} characters`
        : first && !`'"\r↵`.includes(first[0]) ? `${name(first[0])} is read as ${name(first[1])}`
          : "");
    if (whole === current) return;
    current = whole;
    change(whole, at);
  }

  function show(text, clear = false) {
    current = text;
    if (field.value !== text) {
      field.value = text;
      field.scrollTop = field.scrollHeight; // what was written is at the end
    }
    if (clear) setText(word, "");
  }
  return { element, field, show };
}

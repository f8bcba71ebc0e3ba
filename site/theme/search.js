// Searches the course: MiniSearch finds and ranks, this says what a word is, and shows the answers.
// site/course_site/search.py writes the entries; esbuild bundles this file with the library.
import MiniSearch from "minisearch";

const KINDS = [
  "Section", "Page", "Exercise", "Misconception", "Widget", "Erratum", "Definition", "Symbol",
];
// What weighs how much. A page is less to the point than a section of it, a list of sources less than
// all others; and a thing is explained where it first comes up.
const BOOST = { title: 5, path: 1.5, text: 1 };
const WEIGHT = {
  Section: 1, Page: 0.5, Exercise: 0.8, Misconception: 0.8, Widget: 0.9, Erratum: 0.8,
  Definition: 0.9, Symbol: 0.8,
};
const SOURCES = 0.3;
const LATER = 0.98; // from page to page
const SHOWN = 20;
const LONGEST = 260; // letters of a sentence before it is cut around the mark

// A number stays whole, with its decimals, powers and sizes (0.7029, 1e-9, 16 × 16, 256-64-10).
const TOKEN = new RegExp(
  String.raw`\d+(?:,\d{3})*(?:\.\d+)?(?:e[-−+]?\d+)?(?:(?:\s?[×x*]\s?|[-–])\d+(?:\.\d+)?)*(?![\p{L}])`
    + String.raw`|\p{L}[\p{L}\p{M}\p{N}]*|\p{N}+`,
  "giu",
);
const GREEK = Object.fromEntries(
  "α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta κ kappa λ lambda μ mu ν nu ξ xi π pi ρ rho σ sigma ς sigma τ tau φ phi χ chi ψ psi ω omega ∂ d"
    .split(" ").reduce((pairs, word, i, all) => (i % 2 ? [...pairs, [all[i - 1], word]] : pairs), []),
);
// British and American spelling, and plurals, in one form. It need not be English: both what is
// looked for and what is found go through it.
const SPELLING = [
  [/is(e|ed|es|er|ers|ing|ation|ations)$/, "iz$1"], [/ys(e|ed|es|er|ers|ing)$/, "yz$1"],
  [/(..)our(s|ed|ing|ful|able|al|ite|hood|hoods)?$/, "$1or$2"], [/(.)tre(s|d)?$/, "$1ter$2"],
  [/ll(ed|ing|er|ers)$/, "l$1"], [/ogue(s)?$/, "og$1"], [/^grey/, "gray"], [/ence(s)?$/, "ense$1"],
  [/sses$/, "ss"], [/([^saui])s$/, "$1"],
];
// Of a question, the words that say what it is about.
const SMALL = new Set("a an and are at by do does for how in is it of on or the to what when where why with".split(" "));

/** One spelling for all that should find each other: 16 × 16 and 16x16, η and eta, colour and color. */
function fold(token) {
  if (/^\d/.test(token)) {
    return token.toLowerCase().replace(/[\s,]/g, "").replace(/[×*]/g, "x").replace(/[−–]/g, "-");
  }
  const plain = token.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const latin = plain.replace(/[α-ω∂]/g, (letter) => GREEK[letter] ?? letter);
  return SPELLING.reduce((word, [british, american]) => word.replace(british, american), latin);
}

const known = new Map(); // the same words come again and again

/** What a word in a text is found by: itself and, of SoftmaxCrossEntropy or 16 × 16, its parts. */
function forms(token) {
  if (known.has(token)) return known.get(token);
  const parts = /^\d/.test(token)
    ? token.split(/[×x*–-]/i) : token.split(/(?<=\p{Ll})(?=\p{Lu})/u);
  const all = [...new Set([token, ...parts].map((part) => fold(part.trim())).filter(Boolean))];
  known.set(token, all);
  return all;
}

const script = document.currentScript.src; // in `_static`, beside which the pages lie

const words = (text) => text.match(TOKEN) ?? [];

/** Make the index, in pieces, so that typing goes on; a ready one would be 100 kB more to fetch. */
async function makeIndex([pages, entries]) {
  const index = new MiniSearch({
    fields: ["title", "path", "text"],
    tokenize: words,
    processTerm: forms,
    searchOptions: {
      processTerm: fold,
      combineWith: "AND",
      boost: BOOST,
      boostDocument: (id) => documents[id].weight,
      weights: { prefix: 0.3, fuzzy: 0.2 },
      prefix: (term) => term.length > 1,
    },
  });
  const documents = entries.map(([kind, page, anchor, number, title, text], id) => {
    const [address, chapter, name] = pages[page];
    return {
      id, title: `${number} ${title}`, text, path: KINDS[kind] === "Page" ? "" : name,
      kind: KINDS[kind], heading: [number, title].filter(Boolean).join(" "),
      chapter: [chapter, name].filter(Boolean).join(" "), address, anchor,
      weight: WEIGHT[KINDS[kind]] * (anchor === "sources" ? SOURCES : 1) * LATER ** page,
    };
  });
  await index.addAllAsync(documents, { chunkSize: 50 });
  return { index, documents };
}

// As it was typed; with slips, when that finds nothing; with some of the words, when nothing has all.
const slips = { fuzzy: (term) => (/^[a-z]{4,}$/.test(term) ? 0.25 : false), maxFuzzy: 2 };
const WAYS = [{}, slips, { ...slips, combineWith: "OR" }];

/** Find the entries that answer a query, best first; before all a term that is the whole query. */
function find({ index, documents }, query) {
  const typed = words(query);
  const telling = typed.filter((word) => !SMALL.has(word.toLowerCase()));
  const asked = (telling.length ? telling : typed).join(" ");
  for (const way of WAYS) {
    const found = index.search(asked, way);
    const names = ({ id }) => documents[id].title.trim().toLowerCase().split(/ \(|\)/); // and short
    const whole = (answer) => names(answer).includes(asked.toLowerCase());
    if (found.length) return found.sort((a, b) => whole(b) - whole(a));
  }
  return [];
}

/** Cut a sentence into plain and marked pieces: [text, whether it is marked]. */
function mark(sentence, terms) {
  const pieces = [];
  let end = 0;
  for (const { 0: token, index } of sentence.matchAll(TOKEN)) {
    if (!forms(token).some((form) => terms.has(form))) continue;
    pieces.push([sentence.slice(end, index), false], [token, true]);
    end = index + token.length;
  }
  return [...pieces, [sentence.slice(end), false]].filter(([text]) => text);
}

/** Choose the sentence in which most of what was looked for stands, and next to each other. */
function bestSentence(text, found) {
  const terms = new Set(found.terms);
  const exact = new Set(found.queryTerms);
  let best = { value: -1 };
  for (const sentence of text.split("\n")) {
    const pieces = mark(sentence, terms);
    const marked = pieces.filter(([, is]) => is).map(([token]) => forms(token));
    const whole = new Set(marked.flat().filter((form) => exact.has(form))).size;
    const near = pieces.filter(([gap, is], i) => (
      !is && gap.length < 3 && pieces[i - 1]?.[1] && pieces[i + 1]?.[1])).length;
    const value = new Set(marked.map(String)).size + 2 * whole + near;
    if (value > best.value) best = { value, pieces, sentence };
  }
  return best;
}

/** Leave out what is far from the first mark in a very long line, such as a row of a table. */
function shorten(pieces) {
  if (pieces.reduce((sum, [text]) => sum + text.length, 0) <= LONGEST) return pieces;
  return pieces.map(([text, marked], i) => {
    const room = LONGEST / 3;
    if (marked || text.length <= 2 * room) return [text, marked];
    const head = i > 0 ? text.slice(0, room).replace(/\S*$/, "") : "";
    const tail = i < pieces.length - 1 ? text.slice(-room).replace(/^\S*/, "") : "";
    return [`${head}…${tail}`, false];
  });
}

/**
 * Where a result leads: its anchor, and the words to mark there, as browsers understand them. Only
 * a run of plain words is on the page as it is here (no formula, no code).
 */
function link(entry, root, pieces) {
  const first = pieces.findIndex(([, marked]) => marked);
  const at = pieces.slice(0, first).reduce((sum, [text]) => sum + text.length, 0);
  const sentence = pieces.map(([text]) => text).join("");
  const run = [...sentence.matchAll(/(?<![^\s(“])[a-z’]{2,}(?: (?:[a-z’]{2,}|a)){2,11}(?![^\s,.;:?!])/gi)]
    .find(({ 0: text, index }) => first >= 0 && index <= at && at < index + text.length);
  const marked = run ? `:~:text=${encodeURIComponent(run[0]).replace(/-/g, "%2D")}` : "";
  return `${new URL(entry.address, root)}#${encodeURIComponent(entry.anchor)}${marked}`;
}

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

const render = (pieces) => pieces.map(([text, marked]) => (
  marked ? element("mark", "", text) : text));

/** One answer: what it is and where, and the sentence. */
function answer(search, found, root) {
  const entry = search.documents[found.id];
  const terms = new Set(found.terms);
  const { pieces } = bestSentence(entry.text, found);
  const anchor = element(
    "a", "",
    element("small", "", `${entry.kind}${entry.kind === "Page" ? "" : ` · ${entry.chapter} ›`}`),
    element("strong", "", ...render(mark(entry.heading, terms))),
    element("span", "", ...render(shorten(pieces))),
  );
  anchor.href = link(entry, root, pieces);
  return element("li", "", anchor);
}

async function start() {
  const form = document.querySelector("form[role=search]");
  const [field, list, status] = [form.elements.q, ...["ol.results", ".found"].map(
    (selector) => form.parentElement.querySelector(selector))];
  const inDialog = Boolean(form.closest("dialog"));
  const root = new URL("..", script);
  const search = await makeIndex(globalThis.searchEntries);
  let shown = "";
  let timer;

  const show = () => {
    clearTimeout(timer);
    const query = field.value.trim();
    if (query === shown) return;
    shown = query;
    const found = query ? find(search, query) : [];
    list.replaceChildren(...found.slice(0, SHOWN).map((one) => answer(search, one, root)));
    const count = found.length === 1 ? "1 answer" : `${found.length} answers`;
    const some = found.length > SHOWN ? `, the best ${SHOWN} of them here` : "";
    status.textContent = query && (found.length ? count + some : `Nothing has “${query}”.`);
    if (inDialog) return;
    // Reload and back show the same answers again.
    const address = new URL(location);
    if (query) address.searchParams.set("q", query);
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 80);
  });
  // Enter follows the best answer.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
    list.querySelector("a")?.click();
  });
  // The arrows go through field and answers; whoever types again is back in the field.
  form.parentElement.addEventListener("keydown", (event) => {
    const stops = [field, ...list.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = stops.indexOf(document.activeElement);
    if (step && here >= 0) {
      event.preventDefault();
      stops[Math.min(Math.max(here + step, 0), stops.length - 1)].focus();
    } else if (here > 0 && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      field.focus();
    }
  });
  if (!inDialog) field.value ||= new URLSearchParams(location.search).get("q") ?? "";
  show();
}

start();

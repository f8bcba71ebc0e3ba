// The state of the playground as the part of an address behind #: the settings in words, and the
// run's state and loss curve as bytes in base64. A link holds all that the next update needs, so
// it opens without a single update, and training goes on as if it had never stopped.

import LIMITS from "../playground.json" with { type: "json" };
import CHOICES from "../shared/choices.json" with { type: "json" };
import { Run } from "./run.js";

const START = "#playground&";
const POINTS = 32; // of the loss curve
const NUMBERS = ["learning_rate", "batch_size", "dropout", "weight_decay", "seed"];
const WHOLE = ["batch_size", "seed"];

/** What a link to this run says, from # on. */
export function toLink(run) {
  const { hidden, points, ...plain } = run.settings;
  const layers = hidden.map((layer) => layer.join(""));
  const parts = {
    ...plain, hidden: layers, points: points.flat(),
    state: base64(run.state()), curve: base64(run.curve(POINTS)),
  };
  return START + Object.entries(parts).map(([name, value]) => `${name}=${value}`).join("&");
}

/** The run that a link leads to, checked whole; null if the link is none of ours, an error if it
 * is damaged. */
export function fromLink(text, sets) {
  if (!text.startsWith(START)) return null;
  const said = {};
  for (const part of decodeURIComponent(text.slice(START.length)).split("&")) {
    const [name, value, ...more] = part.split("=");
    if (value === undefined || more.length || name in said) throw new Error(part);
    said[name] = value;
  }
  const { data, optimizer, hidden, points, state, curve, ...numbers } = said;
  const flat = list(points).map(toNumber);
  const settings = {
    data, optimizer, hidden: list(hidden).map((layer) => {
      const [, units, kind] = /^(\d+)([a-z]+)$/i.exec(layer);
      return [Number(units), kind];
    }),
    points: Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(3 * i, 3 * i + 3)),
  };
  for (const [name, value] of Object.entries(numbers)) settings[name] = toNumber(value);
  check(settings, flat.length);
  return Run.resume(settings, sets, numbersOf(state, Float64Array), numbersOf(curve, Float32Array));
}

/** Refuse settings that the widget itself could not have, or that are not all there. */
function check(settings, coordinates) {
  const { data, optimizer, hidden, points } = settings;
  const within = (x, [low, high]) => x >= low && x <= high; // not if x is NaN
  const sound = [...LIMITS.data, LIMITS.own].includes(data)
    && CHOICES.optimizers.includes(optimizer)
    && hidden.length <= LIMITS.layers
    && hidden.every(([n, kind]) => within(n, LIMITS.units) && LIMITS.activations.includes(kind))
    && Object.keys(settings).length === 4 + NUMBERS.length
    && NUMBERS.every((name) => within(settings[name], LIMITS[name]))
    && WHOLE.every((name) => Number.isInteger(settings[name]))
    && coordinates % 3 === 0 && points.length <= LIMITS.points
    && points.every(([x, y, kind]) =>
      [x, y].every((place) => within(place, [-LIMITS.reach, LIMITS.reach]))
      && (kind === 0 || kind === 1));
  if (!sound) throw new Error("a setting that the playground does not have");
}

/** What stands between commas. */
function list(text) {
  return text === "" ? [] : text.split(",");
}

/** A number as JavaScript writes it; NaN for anything else. */
function toNumber(text) {
  return String(Number(text)) === text ? Number(text) : NaN;
}

/** The bytes of numbers as text that an address can hold. */
function base64(numbers) {
  const text = btoa(String.fromCharCode(...new Uint8Array(numbers.buffer)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** And back; an error if the text is no such thing. */
function numbersOf(text, Kind) {
  const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new Kind(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)).buffer);
}

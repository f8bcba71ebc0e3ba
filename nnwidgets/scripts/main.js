// All widgets in one module, as a notebook loads it: `render` finds the one that the model names.

import { render as activations } from "./activations.js";
import { render as adversaries } from "./adversaries.js";
import { render as backprop } from "./backprop.js";
import { render as codes } from "./codes.js";
import { render as counting } from "./counting.js";
import { render as distillation } from "./distillation.js";
import { render as draw } from "./draw.js";
import { render as explanation } from "./explanation.js";
import { render as feature_maps } from "./feature_maps.js";
import { render as forward } from "./forward.js";
import { render as frames } from "./frames.js";
import { render as neuron } from "./neuron.js";
import { render as optimizer_paths } from "./optimizer_paths.js";
import { render as playground } from "./playground.js";
import { render as recurrent } from "./recurrent.js";
import { render as vanishing } from "./vanishing.js";
import "./shared/shared.css";
import "./activations.css";
import "./adversaries.css";
import "./backprop.css";
import "./codes.css";
import "./counting.css";
import "./distillation.css";
import "./draw.css";
import "./explanation.css";
import "./feature_maps.css";
import "./forward.css";
import "./frames.css";
import "./neuron.css";
import "./optimizer_paths.css";
import "./playground.css";
import "./recurrent.css";
import "./vanishing.css";

const WIDGETS = {
  activations, adversaries, backprop, codes, counting, distillation, draw, explanation,
  feature_maps, forward, frames, neuron, optimizer_paths, playground, recurrent, vanishing,
};

/** Render the widget that its model names. */
function render({ model, el }) {
  return WIDGETS[model.get("_name")]({ model, el });
}

export default { render };

// What a teacher's answer says at a temperature, and what it asks of a student. Numbers only.

import { softmaxCrossEntropy } from "../shared/engine.js";

/** The cross-entropy of softmax(z / T) with the probabilities `target`, its gradient for z / T,
 * which is softmax(z / T) − target, and z / T itself. */
function compared(z, target, T) {
  const scaled = z.map((value) => value / T);
  const gradient = new Float64Array(z.length);
  const loss = softmaxCrossEntropy(scaled, target, 1, gradient);
  return { scaled, loss, gradient };
}

/** softmax(z / T). */
export function softened(z, T) {
  return compared(z, new Float64Array(z.length), T).gradient; // p − t, for t = 0
}

/** The classes from the most likely one on. */
export function ranked(p) {
  return Array.from(p.keys()).sort((i, j) => p[j] - p[i]);
}

/** The length of a vector. */
export function length(vector) {
  return Math.hypot(...vector);
}

/** The teacher at T: z / T, q = softmax(z / T), the order of the classes, the entropy of q, and how
 * many equally likely choices leave one as unsure. */
export function teaching(z, T) {
  const q = softened(z, T);
  const { scaled, loss: entropy } = compared(z, q, T);
  return { z, scaled, q, order: ranked(q), entropy, choices: Math.exp(entropy) };
}

/** A student with the logits z beside a teacher's q at T: p at T and at 1, the cross-entropy of p
 * with q, ∂/∂z of it, (p − q) / T, and T² times that. */
export function learning(z, q, T) {
  const { scaled, loss, gradient: difference } = compared(z, q, T);
  const gradient = difference.map((value) => value / T);
  const evened = gradient.map((value) => value * T * T);
  const p = softened(z, T);
  return { z, scaled, p, plain: softened(z, 1), loss, difference, gradient, evened };
}

/** The lengths of the gradient at temperatures; those of T² times it are T² times as long. */
export function lengths(student, teacher, temperatures) {
  return temperatures.map((T) => length(learning(student, softened(teacher, T), T).gradient));
}

/** What T² times the gradient comes to as T grows: how far apart the logits are, both from their
 * mean, over the number of classes. */
export function limit(student, teacher) {
  const mean = (z) => z.reduce((sum, value) => sum + value, 0) / z.length;
  const [a, b] = [mean(student), mean(teacher)];
  return length(student.map((value, k) => value - a - (teacher[k] - b))) / student.length;
}

// Sets formulas: one JSON line in, { tex, display }, one JSON line out, { html } or { error }.
import { createInterface } from "node:readline";
import katex from "katex";

/** Leave out what no reader misses, which is a twentieth of a chapter: the TeX, which is read out of
 * place where one copies the text; what HTML knows by itself; and thousandths of a letter's size. */
function lighter(html) {
  return html
    .replace(/<annotation [^]*?<\/annotation>|<\/?semantics>| xmlns="[^"]*"/g, "")
    .replace(/-?\d+\.\d{3,}em/g, (length) => `${Number(parseFloat(length).toFixed(2))}em`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    const html = katex.renderToString(tex, {
      displayMode: display,
      output: "htmlAndMathml", // what is seen, and what a screen reader reads
      strict: "error",
      throwOnError: true,
    });
    answer = { html: lighter(html) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}

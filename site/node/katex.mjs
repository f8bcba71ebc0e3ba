// Sets formulas: one JSON line in, { tex, display }, one JSON line out, { html } or { error }.
import { createInterface } from "node:readline";
import katex from "katex";

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
    // Its TeX, once more: two kilobytes of a page, and read out of place where one copies the text.
    answer = { html: html.replace(/<annotation [^]*?<\/annotation>/, "") };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}

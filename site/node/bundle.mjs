// Bundles the widgets' scripts with esbuild; tools/build/scripts.py runs it.
//
// `node bundle.mjs module FOLDER [--watch]` writes all of them as one module, as a notebook loads it.
// `node bundle.mjs pages FOLDER` writes a script for what all share, and one for each widget: a page
// loads those it needs, by plain <script>, for a browser imports no module from disk. It shortens
// the theme's files beside FOLDER, too.
// `node bundle.mjs search FOLDER` writes the script that searches, with the library that it needs.
import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const [kind, folder, watch] = process.argv.slice(2);
const scripts = fileURLToPath(new URL("../../nnwidgets/scripts/", import.meta.url));
const shared = join(scripts, "shared");

/** The lines at the top of a style sheet that import others, and the rest. */
function split(sheet) {
  const [imports] = sheet.match(/^(@import .*\n)*/);
  return [imports, sheet.slice(imports.length)];
}

/** Let a widget's style sheet speak of its own parts only: a notebook loads those of all widgets.
 * In it, `:scope` is the widget. Nested rules, which esbuild writes out, do what `@scope` does, in
 * browsers of before 2024 too; `:where` weighs nothing. A part that some widgets share has its own
 * sheet in a folder of shared/, which they import; there, `:scope` is the part. Which of a
 * widget's sheet and a part's comes first is left open: where they differ, let the widget's say
 * `:scope`. */
const scoped = {
  name: "scoped",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, ({ path }) => {
      if (dirname(path) === shared) return undefined;
      const widget = `.nnlib-${basename(path, ".css")}`;
      const [imports, ownRules] = split(readFileSync(path, "utf8"));
      const style = ownRules.replaceAll(":scope", `&${widget}`);
      const contents = `${imports}:where(${widget}) {\n${style}}\n`;
      return { contents, loader: "css" };
    });
  },
};

/** Take what all widgets share from the script that the page has loaded already. */
const loaded = {
  name: "loaded",
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ path, resolveDir }) => (
      dirname(resolve(resolveDir, path)) === shared
        ? { path: basename(path, ".js"), namespace: "loaded" } : undefined));
    build.onLoad({ filter: /.*/, namespace: "loaded" }, ({ path }) => (
      { contents: `module.exports = nnwidgets.${path};` }));
  },
};

const options = {
  bundle: true, minify: true, charset: "utf8", logLevel: "warning", plugins: [scoped],
  target: ["chrome111", "firefox113", "safari16"],
};
if (kind === "module") {
  const entry = { in: join(scripts, "main.js"), out: "widgets" };
  const all = { ...options, entryPoints: [entry], outdir: folder, format: "esm" };
  if (watch) await (await esbuild.context({ ...all, logLevel: "info" })).watch();
  else await esbuild.build(all);
} else if (kind === "search") {
  const entry = fileURLToPath(new URL("../theme/search.js", import.meta.url));
  const nodePaths = [fileURLToPath(new URL("node_modules", import.meta.url))];
  await esbuild.build({
    ...options, entryPoints: [entry], outdir: folder, format: "iife", nodePaths,
  });
} else {
  const names = (place, end) =>
    readdirSync(place).filter((file) => file.endsWith(end)).sort()
      .map((file) => basename(file, end));
  const contents = names(shared, ".js").map((name) => `export * as ${name} from "./${name}.js";`);
  await esbuild.build({
    ...options, outfile: join(folder, "shared.js"), format: "iife", globalName: "nnwidgets",
    stdin: { contents: contents.join("\n"), resolveDir: shared },
  });
  for (const name of names(scripts, ".js").filter((one) => one !== "main")) {
    await esbuild.build({
      ...options, entryPoints: [join(scripts, `${name}.js`)], outdir: folder, format: "iife",
      globalName: `nnwidgets.${name}`, plugins: [loaded],
    });
  }
  const styles = names(scripts, ".css").map((name) => join(scripts, `${name}.css`));
  const entryPoints = [...styles, join(shared, "shared.css")];
  await esbuild.build({ ...options, entryPoints, outdir: folder, entryNames: "[name]" });
  // The theme's own files, which Sphinx has copied: as they are, but for comments and blanks.
  const theme = fileURLToPath(new URL("../theme/static/", import.meta.url));
  const own = readdirSync(theme).filter((file) => /\.(js|css)$/.test(file));
  await esbuild.build({
    minify: true, charset: "utf8", logLevel: "warning", target: options.target,
    entryPoints: own.map((file) => join(theme, file)), outdir: dirname(resolve(folder)),
  });
}

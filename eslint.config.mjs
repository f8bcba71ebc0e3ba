// What ESLint checks, here and in an editor: `pytest tests/nnwidgets/test_scripts.py` runs it. It is
// installed in site/node, beside all else that comes from npm.
import { createRequire } from "node:module";

const require = createRequire(new URL("site/node/", import.meta.url));
const js = require("@eslint/js");
const globals = require("globals");

const strict = {
  curly: ["error", "multi-line"], eqeqeq: "error", "no-unused-vars": "error", "no-var": "error",
  "prefer-const": "error",
};

export default [
  { ignores: ["**/node_modules/", "**/.venv/", "_build/", "nnwidgets/static/"] },
  { ...js.configs.recommended, rules: { ...js.configs.recommended.rules, ...strict } },
  { languageOptions: { ecmaVersion: 2025 }, linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["nnwidgets/scripts/**/*.js", "site/theme/search.js"],
    languageOptions: { sourceType: "module", globals: globals.browser },
  },
  {
    files: ["site/theme/before-paint.js", "site/theme/static/*.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
  },
  { files: ["**/*.mjs"], languageOptions: { sourceType: "module", globals: globals.node } },
];

// Measure every page of the built site with Lighthouse: `make lighthouse [PAGES="01-neurons index"]`.
//
// Each page is loaded three times as a slow phone and three times as a desktop; the medians of the
// scores are printed and written to lighthouse.json beside this file, with the bytes by type; pages
// that were not asked for keep what is written there.
import { createServer } from "node:http";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

const SITE = new URL("../../_build/html/", import.meta.url).pathname;
const RUNS = 3;
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

// The folder that the site has on its host, without which the 404 page does not find its styles.
const CANONICAL = /<link rel="canonical" href="([^"]+)"/;
const [, home] = readFileSync(join(SITE, "index.html"), "utf-8").match(CANONICAL);
const FOLDER = new URL(".", home).pathname;

/** Serve the site as a web host does: what is text comes compressed. */
function serve() {
  const server = createServer((request, response) => {
    const asked = decodeURIComponent(new URL(request.url, "http://host").pathname);
    const path = join(SITE, asked.replace(FOLDER, "/"));
    const type = TYPES[extname(path)];
    if (!type || !existsSync(path)) return response.writeHead(404).end();
    const body = readFileSync(path);
    const text = /html|css|javascript|svg/.test(type);
    response.writeHead(200, { "Content-Type": type, ...(text && { "Content-Encoding": "gzip" }) });
    response.end(text ? gzipSync(body, { level: 9 }) : body);
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Return the medians of a page's scores on a device, and what it loaded. */
async function measure(url, device, port) {
  const config = device === "desktop" ? desktopConfig : undefined;
  const runs = [];
  for (let i = 0; i < RUNS; i++) {
    const { lhr } = await lighthouse(url, { port, onlyCategories: CATEGORIES }, config);
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    runs.push(lhr);
  }
  const scores = Object.fromEntries(
    CATEGORIES.map((name) => [
      name,
      Math.round(100 * median(runs.map((run) => run.categories[name].score))),
    ]),
  );
  const bytes = {};
  for (const item of runs[0].audits["network-requests"].details.items) {
    const type = (item.resourceType ?? "other").toLowerCase();
    bytes[type] = (bytes[type] ?? 0) + item.transferSize;
  }
  const failed = Object.values(runs[0].audits)
    .filter((audit) => audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode !== "informative")
    .map((audit) => audit.id);
  return { ...scores, bytes, requests: runs[0].audits["network-requests"].details.items.length, failed };
}

const wanted = process.argv.slice(2);
const pages = readdirSync(SITE)
  .filter((name) => name.endsWith(".html"))
  .filter((name) => !wanted.length || wanted.includes(name.replace(".html", "")));
const server = await serve();
const chrome = await launch({
  chromePath: process.env.CHROMIUM,
  chromeFlags: [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
const FILE = new URL("lighthouse.json", import.meta.url);
const results = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf-8")) : {};
for (const page of pages) {
  const url = `http://127.0.0.1:${server.address().port}${FOLDER}${page}`;
  results[page] = {};
  for (const device of ["mobile", "desktop"]) {
    const found = await measure(url, device, chrome.port);
    results[page][device] = found;
    const scores = CATEGORIES.map((name) => `${name} ${found[name]}`).join("  ");
    const kilobytes = Object.entries(found.bytes).map(([type, n]) => `${type} ${(n / 1000).toFixed(0)}`);
    console.log(`${page.padEnd(30)}${device.padEnd(9)}${scores}  kB: ${kilobytes.join(", ")}  ${found.failed.join(" ")}`);
  }
}
await chrome.kill();
server.close();
writeFileSync(FILE, JSON.stringify(results, null, 1) + "\n");

// What the pages cannot do by HTML and CSS alone. Each part stands by itself; without JavaScript
// none of its controls is shown.

/** The colours: as the system, light, dark, and round again. The choice stays in this browser. */
function themeSwitch() {
  const modes = ["", "light", "dark"];
  const words = { "": "as the system", light: "light", dark: "dark" };
  const button = document.getElementById("theme");
  const show = (mode) => {
    if (mode) document.documentElement.dataset.theme = mode;
    else delete document.documentElement.dataset.theme;
    button.setAttribute("aria-label", `Colours: ${words[mode]}`);
    button.title = `Colours: ${words[mode]}`;
  };
  button.addEventListener("click", () => {
    const mode = modes[(modes.indexOf(document.documentElement.dataset.theme ?? "") + 1) % 3];
    show(mode);
    try {
      if (mode) localStorage.setItem("theme", mode);
      else localStorage.removeItem("theme");
    } catch {
      // Storage is closed to us: the choice holds for this page only.
    }
  });
  show(document.documentElement.dataset.theme ?? "");
}

/** A button on each code cell that copies its source; it comes when the cell is near. */
function copyButtons() {
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        target.parentElement.append(copyButton(target));
      }
    },
    { rootMargin: "100%" },
  );
  for (const pre of document.querySelectorAll("article div.highlight pre")) {
    if (!pre.closest(".cell_output")) watcher.observe(pre);
  }
}

function copyButton(pre) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "copy",
    textContent: "Copy",
  });
  button.addEventListener("click", async () => {
    const copied = await copy(pre.textContent);
    button.textContent = copied ? "Copied" : "Press Ctrl+C";
    if (!copied) getSelection().selectAllChildren(pre);
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return button;
}

/** Copy a text; return whether the browser allowed it. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Mark, in the page's contents, the section that is being read: the last one near the top. */
function markSection() {
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a[href^='#']")) {
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (section) links.set(section, link);
  }
  const near = new Set();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) near.add(target);
        else near.delete(target);
      }
      const current = [...links.keys()].filter((section) => near.has(section)).at(-1);
      for (const [section, link] of links) {
        if (section === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-12% 0px -80% 0px" },
  );
  for (const section of links.keys()) watcher.observe(section);
}

/**
 * What is too wide for the page scrolls: let the keyboard reach it, and nothing else. A section that
 * is not laid out yet cannot tell its widths, so everything in it can be reached until it can.
 */
function reachScrollers() {
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else if (target !== document.activeElement) target.removeAttribute("tabindex");
    }
  });
  const wide = "article pre, article .table, article .output.text_html, article .katex-display";
  for (const element of document.querySelectorAll(wide)) {
    element.tabIndex = 0;
    watcher.observe(element);
  }
}

/**
 * Fill the panels of the page's figures when the reader comes near one, or looks for a word: the
 * drawings lie in a script of their own, which calls `fillPanels`.
 */
function drawFigures() {
  const figures = document.querySelectorAll(".panels");
  if (!figures.length) return;
  globalThis.fillPanels = (drawings) => {
    for (const [id, { colours, panels }] of Object.entries(drawings)) {
      const figure = document.getElementById(id);
      for (const [name, value] of Object.entries(colours)) figure.style.setProperty(name, value);
      figure.querySelectorAll("svg").forEach((svg, number) => (svg.innerHTML = panels[number]));
      figure.setAttribute("role", "img");
      figure.setAttribute("aria-label", figure.querySelector("img").alt);
      figure.classList.add("drawn");
    }
  };
  const fetchDrawings = () => {
    watcher.disconnect();
    removeEventListener("keydown", fetchDrawings);
    document.head.append(
      Object.assign(document.createElement("script"), { src: figures[0].dataset.from }),
    );
  };
  const watcher = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && fetchDrawings(),
    { rootMargin: "100%" },
  );
  for (const figure of figures) watcher.observe(figure);
  addEventListener("keydown", fetchDrawings);
}

/** A link in a menu leads away from it: close the menu. */
function closeMenus() {
  for (const menu of document.querySelectorAll("nav[popover]")) {
    menu.addEventListener("click", (event) => {
      if (event.target.closest("a") && menu.matches(":popover-open")) menu.hidePopover();
    });
  }
}

/**
 * Search opens from the header's button and by `/`, with the cursor in its field. What it needs is
 * fetched then, by scripts, since a page from disk can fetch nothing else. On the page for searching,
 * the field stands in the text.
 */
function search() {
  const form = document.querySelector("form[role=search]");
  const dialog = form.closest("dialog");
  const load = () => {
    const scripts = form.dataset.scripts?.split(" ") ?? [];
    delete form.dataset.scripts;
    for (const src of scripts) {
      const script = Object.assign(document.createElement("script"), { src, async: false });
      script.onerror = () => {
        document.querySelector(".found").textContent = "Search could not be loaded.";
      };
      document.head.append(script);
    }
  };
  const open = () => {
    if (dialog && !dialog.open) dialog.showModal();
    form.elements.q.select();
    load();
  };
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    open();
    form.elements.q.focus();
  });
  if (!dialog) {
    if (new URLSearchParams(location.search).has("q")) load();
    form.addEventListener("input", load, { once: true });
    return;
  }
  document.querySelector("header form.search").addEventListener("submit", (event) => {
    event.preventDefault();
    open();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // else it would only empty the field
    dialog.close();
  });
  dialog.addEventListener("click", (event) => {
    // A press beside the dialog, on the button that closes, or on a result, which leads away.
    if (event.target === dialog || event.target.closest("button, .results a")) dialog.close();
  });
}

themeSwitch();
copyButtons();
markSection();
reachScrollers();
drawFigures();
closeMenus();
search();

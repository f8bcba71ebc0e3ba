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

/**
 * Mark, in the page's contents, the section that is being read: the last one near the top. The
 * button that opens the contents says its name, and the list at the side follows.
 */
function markSection() {
  const list = document.getElementById("contents");
  if (!list) return;
  const name = document.querySelector(".contents-button span");
  const links = new Map();
  for (const link of list.querySelectorAll("a[href^='#']")) {
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
      const link = links.get(current);
      name.textContent = link ? link.textContent : "On this page";
      name.parentElement.setAttribute("aria-label", `On this page: ${name.textContent}`);
      if (link) follow(list, link);
    },
    { rootMargin: "-12% 0px -80% 0px" },
  );
  for (const section of links.keys()) watcher.observe(section);
  list.addEventListener("toggle", () => {
    const link = list.querySelector("[aria-current]");
    if (link) follow(list, link);
  });
}

/** Scroll a list, and nothing else, so that one of its entries is in it. */
function follow(list, link) {
  const [box, entry] = [list.getBoundingClientRect(), link.getBoundingClientRect()];
  if (entry.top < box.top + 40 || entry.bottom > box.bottom - 40) {
    list.scrollTop += entry.top - box.top - box.height / 3;
  }
}

/**
 * Keep the reader's place: which passage stands at the top of the window. The browser remembers
 * pixels, and those of parts that are not laid out yet are a guess. The place is kept in the
 * history's entry, for reload, back and forward; and when the window gets another width.
 */
function keepPlace() {
  history.scrollRestoration = "manual";
  // Without scroll anchoring, as in Safari, what is laid out above the window later would push the
  // text. Who reads from the top has it laid out already; who jumps into the page has not.
  if (!CSS.supports("overflow-anchor", "auto")) {
    const layOut = () => document.documentElement.classList.add("laid-out");
    if (location.hash || history.state?.place) layOut();
    addEventListener("click", ({ target }) => target.closest("a[href*='#']") && layOut(), true);
  }
  const parts = (section) => [...section.children].filter((part) => !part.matches("section"));
  const header = document.querySelector(".top");
  const top = () => header.getBoundingClientRect().bottom;
  let place = null;
  let restoring = false;

  // From the outside in, and no further than the window: asking what lies below would lay it out.
  const find = () => {
    const line = top() + 24; // a link leads a little below the header
    let section = null;
    for (let inside = document.querySelectorAll("article > section"); inside.length; ) {
      const above = lastAbove(inside, line);
      if (!above) break;
      section = above;
      inside = section.querySelectorAll(":scope > section");
    }
    if (!section?.id) return null;
    const part = lastAbove(parts(section), line) ?? parts(section)[0];
    const box = part.getBoundingClientRect();
    const read = (top() - box.top) / (box.height || 1);
    return { id: section.id, index: parts(section).indexOf(part), read };
  };
  const note = () => {
    if (restoring) return;
    place = scrollY > 0 ? find() : null;
    history.replaceState({ ...history.state, place }, "");
    rememberChapter(place);
  };
  const restore = async (wanted) => {
    const section = wanted && document.getElementById(wanted.id);
    if (!section) return;
    restoring = true;
    // What is not laid out has the height of a guess, and its parts stick out of it.
    section.closest("article > section > section")?.style.setProperty("content-visibility", "visible");
    const part = parts(section)[wanted.index] ?? section;
    const stop = new AbortController();
    for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) {
      addEventListener(event, () => (restoring = false), { passive: true, signal: stop.signal });
    }
    // Each look lays out what has come near, which moves the passage; soon nothing moves any more.
    for (let still = 0, look = 0; restoring && still < 10 && look < 120; look++) {
      const box = part.getBoundingClientRect();
      const off = box.top + wanted.read * box.height - top();
      still = Math.abs(off) < 1 ? still + 1 : 0;
      scrollBy({ top: off, behavior: "instant" });
      await new Promise(requestAnimationFrame);
    }
    stop.abort();
    restoring = false;
    place = wanted;
  };

  let timer = 0;
  addEventListener("scroll", () => {
    clearTimeout(timer);
    timer = setTimeout(note, 400); // Safari allows 100 entries in 30 seconds
  }, { passive: true });
  addEventListener("pagehide", note);
  addEventListener("popstate", ({ state }) => restore(state?.place));
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return; // a bar of the browser that comes and goes
    width = innerWidth;
    if (place) restore(place);
  });
  if (history.state?.place) restore(history.state.place);
}

/** Return the last of some elements, one below the other, that begins above a line. */
function lastAbove(elements, line) {
  let found = null;
  for (const element of elements) {
    if (element.getBoundingClientRect().top > line) break;
    found = element;
  }
  return found;
}

/** Return the words of a heading, without its number and its link. */
function words(heading) {
  const text = [...heading.childNodes].filter((node) => !node.className);
  return text.map((node) => node.textContent).join("").trim();
}

/** Keep, in this browser, which section of which chapter was read last: the title page leads there. */
function rememberChapter(place) {
  const title = document.querySelector("h1");
  if (!place || !title?.querySelector(".section-number")) return; // no chapter
  const section = document.getElementById(place.id).querySelector("h1, h2, h3, h4");
  const names = [...new Set([words(title), words(section)])];
  const stopped = { address: `${location.pathname}#${place.id}`, names };
  try {
    localStorage.setItem("stopped", JSON.stringify(stopped));
  } catch {
    // Storage is closed to us: then nothing is remembered.
  }
}

/** On the title page: a way back to where the reader stopped, and a way to forget it. */
function goOn() {
  const before = document.querySelector(".start");
  if (!before) return;
  let stopped;
  try {
    stopped = JSON.parse(localStorage.getItem("stopped"));
  } catch {
    return; // closed storage, or not our words in it
  }
  const chapters = [...document.querySelectorAll(".menu a")].map((link) => link.pathname);
  if (!chapters.includes(stopped?.address.split("#")[0])) return;
  const line = Object.assign(document.createElement("span"), { className: "go-on" });
  const link = Object.assign(document.createElement("a"), { href: stopped.address });
  link.textContent = `Go on where you stopped: ${stopped.names.join(" › ")}`;
  const forget = Object.assign(document.createElement("button"), { type: "button" });
  forget.textContent = "Forget it";
  forget.addEventListener("click", () => {
    localStorage.removeItem("stopped"); // open, since it was read from there
    line.remove();
  });
  line.append(link, " (kept on this device only) ", forget);
  before.before(line);
}

/** Print with all solutions and code, or with what is open on the page. */
function printButtons() {
  const folded = () => document.querySelectorAll("article details:not([open])");
  for (const button of document.querySelectorAll("[data-print]")) {
    button.addEventListener("click", () => {
      const opened = button.dataset.print === "all" ? [...folded()] : [];
      for (const part of opened) part.open = true;
      addEventListener("afterprint", () => opened.forEach((part) => (part.open = false)), {
        once: true,
      });
      print();
    });
  }
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
  if (location.protocol === "file:") fetchDrawings(); // on paper they cannot be fetched from disk
}

/**
 * A print does not wait, and what the reader has not come near is not loaded yet: fetch the rest of
 * the pictures, and of the formulas' fonts, in the one moment when a page may hold the browser up.
 */
function completePrint() {
  const { fonts = "" } = document.documentElement.dataset;
  const link = document.querySelector("#katex");
  const faces = fonts.split(" ").filter(Boolean).map((name) => {
    const [family, style] = name.split("-");
    const face = {
      weight: style.includes("Bold") ? "700" : "400",
      style: style.includes("Italic") ? "italic" : "normal",
    };
    return { family: `KaTeX_${family}`, face, file: `KaTeX_${name}.woff2` };
  });
  const fetchNow = (address) => {
    const request = new XMLHttpRequest();
    request.open("GET", address, false);
    request.overrideMimeType("text/plain; charset=x-user-defined"); // bytes, one a letter
    request.send();
    return Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 255);
  };
  const complete = () => {
    for (const { family, face, file } of faces) {
      if (document.fonts.check(`${face.style} ${face.weight} 16px ${family}`)) continue;
      document.fonts.add(new FontFace(family, fetchNow(new URL(file, link.href)), face));
      // Without its rule, for a font that is still on its way would keep its place empty.
      const rules = Array.from(link.sheet.cssRules);
      link.sheet.deleteRule(rules.findIndex(({ cssText }) => cssText.includes(file)));
    }
    for (const image of document.querySelectorAll("article img")) {
      if (image.complete || image.closest(".drawn, details:not([open])")) continue;
      const letters = Array.from(fetchNow(image.src), (byte) => String.fromCharCode(byte));
      image.loading = "eager";
      image.src = `data:image/webp;base64,${btoa(letters.join(""))}`;
    }
  };
  if (location.protocol !== "file:") {
    addEventListener("beforeprint", complete);
  } else {
    // From disk nothing can be fetched in that moment, but all is at hand from the start.
    for (const { family, face } of faces) document.fonts.load(`${face.style} ${face.weight} 16px ${family}`);
    for (const image of document.querySelectorAll("article img")) image.loading = "eager";
  }
}

/**
 * A term that was defined earlier says what it means to who points at it, reaches it by the keyboard
 * or presses it; the glossary is then one press further. Without JavaScript it is a link.
 */
function explainTerms() {
  const terms = [...document.querySelectorAll("a.term")];
  if (!terms.length) return;
  const box = Object.assign(document.createElement("div"), { id: "term", popover: "manual" });
  box.setAttribute("role", "tooltip");
  const says = document.createElement("span");
  // Never without an address: a link that leads nowhere is a fault to those who read for a search.
  const more = Object.assign(document.createElement("a"), { textContent: "Glossary", href: terms[0].href });
  box.append(says, " ", more);
  document.body.append(box);
  let shown = null;
  const hide = () => {
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    shown = null;
    box.hidePopover();
  };
  const place = () => {
    const { left, top, bottom } = shown.getClientRects()[0];
    const { width, height } = box.getBoundingClientRect();
    const edge = document.documentElement.clientWidth - width - 8;
    box.style.left = `${Math.max(8, Math.min(left, edge))}px`;
    box.style.top = `${bottom + height + 8 < innerHeight ? bottom + 4 : top - height - 4}px`;
    if (bottom < 0 || top > innerHeight) hide();
  };
  const show = (term) => {
    if (shown === term) return;
    hide();
    says.textContent = term.dataset.says;
    more.href = term.href;
    box.showPopover();
    term.setAttribute("aria-describedby", "term");
    shown = term;
    place();
  };
  let leaving;
  const later = () => (leaving = setTimeout(hide, 200)); // there is a way to go, to the box
  const stay = () => clearTimeout(leaving);
  for (const term of terms) {
    term.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "touch") return; // a finger that scrolls; one that presses clicks
      stay();
      show(term);
    });
    term.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && later());
    term.addEventListener("focus", () => term.matches(":focus-visible") && show(term));
    term.addEventListener("blur", later);
    term.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (shown === term && event.detail === 0) return; // Enter, with the sentence in view
      event.preventDefault();
      stay();
      show(term);
    });
  }
  box.addEventListener("pointerenter", stay);
  box.addEventListener("pointerleave", later);
  more.addEventListener("focus", stay);
  more.addEventListener("blur", later);
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("pointerdown", (event) => event.target.closest("a.term, #term") || hide());
  addEventListener("scroll", () => shown && place(), { passive: true });
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
    form.elements.q.blur(); // or it keeps the cursor until the next frame, and with it the next key
  });
  dialog.addEventListener("click", (event) => {
    // A press beside the dialog, on the button that closes, or on a result, which leads away.
    if (event.target === dialog || event.target.closest("button, .results a")) dialog.close();
  });
}

themeSwitch();
copyButtons();
markSection();
keepPlace();
goOn();
printButtons();
reachScrollers();
drawFigures();
completePrint();
explainTerms();
closeMenus();
search();

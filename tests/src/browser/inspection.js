// What of the page somebody could not see, reach or understand: a line each. The rules are those of WCAG 2.2 AA that a program can judge.
const found = [];
const say = (rule, element) => found.push(rule + ": " + element.outerHTML.replace(/\s+/g, " ").slice(0, 160));
const all = (selector) => Array.from(document.querySelectorAll(selector));

function isSeen(element) {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && box.right > 0 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
}

// Structure.
if (!document.documentElement.lang) { found.push("the page has no language"); }
if (!document.title.trim()) { found.push("the page has no title"); }
if (all("h1").length !== 1) { found.push("the page has " + all("h1").length + " main headings"); }
if (all("main").length !== 1) { found.push("the page has " + all("main").length + " main parts"); }
let level = 0;
for (const heading of all("h1, h2, h3, h4, h5, h6").filter(isSeen)) {
  const next = Number(heading.tagName[1]);
  if (next > level + 1 && level > 0) { say("a heading leaves out a level", heading); }
  level = next;
}
const ids = new Set();
for (const element of all("[id]")) {
  if (ids.has(element.id)) { say("an id stands twice", element); }
  ids.add(element.id);
}
for (const attribute of ["for", "aria-labelledby", "aria-describedby", "aria-controls"]) {
  for (const element of all("[" + attribute + "]")) {
    const missing = element.getAttribute(attribute).split(/\s+/).filter((id) => id && !document.getElementById(id));
    if (missing.length) { say(attribute + " leads nowhere", element); }
  }
}
for (const table of all("table")) {
  if (!table.caption) { say("a table has no caption", table); }
  for (const head of table.querySelectorAll("th")) {
    if (!head.scope) { say("a heading of a table has no scope", head); }
  }
}

// Names.
function nameOf(element) {
  const labelled = (element.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => document.getElementById(id));
  const texts = [element.getAttribute("aria-label"), element.getAttribute("alt"), element.textContent]
    .concat(labelled.concat(Array.from(element.labels || [])).map((label) => label && label.textContent));
  return texts.filter(Boolean).join(" ").trim();
}
for (const element of all("a[href], button, summary, select, textarea, img, [role=img], input:not([type=hidden]), meter")) {
  // A picture that only decorates says so.
  if (isSeen(element) && element.getAttribute("alt") !== "" && !nameOf(element)) { say("it has no name", element); }
}

// Size: what is pressed, but for links within a text.
for (const element of all("a[href], button, summary, select, textarea, input:not([type=hidden])").filter(isSeen)) {
  const box = element.getBoundingClientRect();
  const isInline = element.tagName === "A" && getComputedStyle(element).display === "inline";
  if (!isInline && (box.width < 24 || box.height < 24)) {
    say("it is pressed at " + Math.round(box.width) + " × " + Math.round(box.height) + " px", element);
  }
}
if (document.documentElement.scrollWidth > window.innerWidth) { found.push("the page is wider than the window"); }

// Contrast of words with what is behind them.
function colour(text) {
  const numbers = text.match(/[\d.]+/g).map(Number);
  return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
}
function behind(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const layer = colour(getComputedStyle(at).backgroundColor);
    if (layer.alpha > 0) { layers.push(layer); }
    if (layer.alpha === 1) { break; }
  }
  const white = [255, 255, 255];
  return layers.reverse().reduce((below, layer) => below.map((value, i) => layer.rgb[i] * layer.alpha + value * (1 - layer.alpha)), white);
}
function light(rgb) {
  const [red, green, blue] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const judged = new Set();
while (words.nextNode()) {
  const element = words.currentNode.parentElement;
  if (!words.currentNode.textContent.trim() || judged.has(element) || !isSeen(element) || element.closest("[disabled], svg")) { continue; }
  judged.add(element);
  const style = getComputedStyle(element);
  const ground = behind(element);
  const ink = colour(style.color);
  const shades = [ink.rgb.map((value, i) => value * ink.alpha + ground[i] * (1 - ink.alpha)), ground].map(light);
  const ratio = (Math.max(...shades) + 0.05) / (Math.min(...shades) + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) { say("a contrast of " + ratio.toFixed(2), element); }
}
return found;

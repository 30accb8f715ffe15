// Steps through the passes and opens the calculation of a node.

const STEPS = all("#steps > li");
let current = 0;
let timer = null;

// -- what is visible at which step

const REVEALED = new Map();
STEPS.forEach((step, at) => {
  for (const key of step.dataset.shows.split(" ")) if (!REVEALED.has(key)) REVEALED.set(key, at);
});

// In the picture a value stands beside its expression, which is always there; all else is hidden
// with the text around it, which comes with the first of its numbers.
const UNITS = new Map();
for (const element of all("svg [data-number]", $("picture"))) {
  const key = element.dataset.number;
  const unit = key.startsWith("value:") ? element : element.closest("text");
  UNITS.set(unit, Math.max(UNITS.get(unit) ?? 0, REVEALED.get(key) ?? 0));
}
for (const element of all(".numbers [data-number]"))
  UNITS.set(element, REVEALED.get(element.dataset.number) ?? 0);
// A product that is broken into several lines comes as a whole.
for (const text of all("svg .edge > text.gradient", $("picture"))) {
  const { via, slot } = text.parentElement.dataset;
  const at = REVEALED.get(`product:${via}:${slot}`);
  if (at !== undefined) UNITS.set(text, at);
}

function show(step) {
  current = Math.min(Math.max(step, 0), STEPS.length - 1);
  STEPS.forEach((element, at) => (element.hidden = at !== current));
  UNITS.forEach((at, unit) => unit.classList.toggle("unreached", at > current));
  mark(STEPS[current]);
  $("step").value = current;
  const { phase } = STEPS[current].dataset;
  for (const item of all("#phases > li")) {
    if (item.dataset.phase === phase) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  const said = STEPS[current].querySelector(".said").textContent;
  const name = all("#phases > li").find((item) => item.dataset.phase === phase).textContent;
  $("step").setAttribute("aria-valuetext", `${current} of ${STEPS.length - 1}, ${name}`);
  $("live").textContent = `Step ${current} of ${STEPS.length - 1}, ${name}. ${said}`;
  if (current === STEPS.length - 1) pause();
}

function move(step) {
  show(step);
  try {
    history.replaceState(null, "", `#step=${current}`);
  } catch {
    // within another page there may be no address to change
  }
}

// The node or the edge that a step is about, and the node at either end of that edge.
function mark(step) {
  all(".current, .near", $("picture")).forEach((e) => e.classList.remove("current", "near"));
  const { at, on } = step.dataset;
  const found = [];
  if (at !== undefined) found.push(...all(`[data-node="${at}"]`, $("picture")));
  if (on !== undefined) {
    const [via, slot] = on.split(":");
    found.push(...all(`[data-via="${via}"][data-slot="${slot}"]`, $("picture")));
  }
  found.forEach((element) => element.classList.add("current"));
  if (found.length) bring(found[0].querySelector("text") ?? found[0]); // an edge may be long
}

// Moves the picture in its box, and never the page.
function bring(element) {
  const box = $("picture");
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
  if (inner.left < outer.left || inner.right > outer.right)
    box.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
  if (inner.top < outer.top || inner.bottom > outer.bottom)
    box.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
}

// -- playing

function pause() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "▶ Play";
  $("play").setAttribute("aria-pressed", "false");
}

function play() {
  if (timer !== null) return pause();
  if (current === STEPS.length - 1) move(0);
  timer = setInterval(() => move(current + 1), 1500);
  $("play").textContent = "❚❚ Pause";
  $("play").setAttribute("aria-pressed", "true");
}

const ACTIONS = {
  first: () => move(0),
  back: () => move(current - 1),
  play,
  next: () => move(current + 1),
  last: () => move(STEPS.length - 1),
};
const KEYS = { Home: "first", ArrowLeft: "back", " ": "play", ArrowRight: "next", End: "last" };

function act(name) {
  if (name !== "play") pause();
  ACTIONS[name]();
}

// -- one node's calculation

function open(index) {
  all("[data-calculation]").forEach((a) => (a.hidden = a.dataset.calculation !== String(index)));
  all(".chosen").forEach((element) => element.classList.remove("chosen"));
  all(`[data-node="${index}"], [data-row="${index}"]`).forEach((e) => e.classList.add("chosen"));
}

function choose(index) {
  open(index);
  const title = $(`node-${index}`);
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "nearest" });
}

function reachable(element, label, action) {
  element.setAttribute("tabindex", "0");
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", label);
  element.addEventListener("click", action);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}

// -- setting up

function setUpSteps() {
  for (const id of ["controls", "phases", "theme"]) $(id).hidden = false;
  for (const name of Object.keys(ACTIONS)) $(name).addEventListener("click", () => act(name));
  $("step").addEventListener("input", () => {
    pause();
    move(Number($("step").value));
  });
  document.addEventListener("keydown", (event) => {
    const held = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
    const own = event.target.closest("input, button, select, textarea, summary, a, [role=button]");
    const taken = own && (event.key === " " || own.localName === "input");
    if (held || taken || !(event.key in KEYS)) return;
    event.preventDefault();
    act(KEYS[event.key]);
  });
}

function setUpNodes() {
  for (const svg of all("svg", $("picture"))) {
    svg.setAttribute("role", "group");
    svg.style.setProperty("--width", `${svg.getAttribute("width")}px`);
  }
  for (const node of all("[data-node]", $("picture"))) {
    const { node: index } = node.dataset;
    reachable(node, `${NAMES.get(index)}: its calculation`, () => choose(index));
  }
  for (const edge of all("[data-via]", $("picture")))
    edge.addEventListener("click", () => choose(edge.dataset.into));
  for (const link of all("[data-open]"))
    link.addEventListener("click", (event) => {
      event.preventDefault();
      choose(link.dataset.open);
    });
  open(""); // none, before one is chosen
}

function setUpInputs() {
  if (forward === null || !$("inputs")) return;
  $("inputs").hidden = false;
  $("inputs").addEventListener("submit", (event) => event.preventDefault());
  $("reset").addEventListener("click", reset);
  for (const note of all("[data-blocked]")) note.dataset.original = note.hidden ? "hidden" : "";
  for (const field of FIELDS)
    slide(field, document.querySelector(`[data-slider="${field.dataset.input}"]`));
}

function setUpTheme() {
  $("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches && "dark");
    root.dataset.theme = dark === "dark" ? "light" : "dark";
  });
}

function fromAddress() {
  const found = /^#step=(\d+)$/.exec(location.hash);
  return found ? Number(found[1]) : 0;
}

document.documentElement.classList.add("scripted");
setUpSteps();
setUpNodes();
setUpInputs();
setUpTheme();
addEventListener("hashchange", () => show(fromAddress()));
show(fromAddress());
// For the tests alone, which read here what the page holds (tests/test_render_page_*.py).
window.backtrace = {
  numbers: () => Object.fromEntries(numbers ?? compute(inputsNow())),
  step: () => current,
};

// Computes again from other inputs, and puts every number where it stands.

const $ = (id) => document.getElementById(id);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

const NUMBERS = all("[data-number]");
const ORIGINAL = new Map(NUMBERS.map((element) => [element, element.textContent]));
const FIELDS = all("[data-input]");
const NAMES = new Map(all("[data-open]").map((link) => [link.dataset.open, link.textContent]));
let numbers = null; // by key, after something was changed

function texts(key, written) {
  if (!key.startsWith("sum:")) return written(numbers.get(key), DIGITS);
  const [first, hidden, last] = SUMS[key.slice(4)];
  const term = (edge) => written(numbers.get(`product:${edge}`), DIGITS);
  const between = hidden ? [`… (${hidden.toLocaleString("en")} more)`] : [];
  const terms = [...first.map(term), ...between, ...last.map(term)];
  return terms.map((term, at) => (at && term.startsWith("-") ? `(${term})` : term)).join(" + ");
}

function put(element, text) {
  if (element.localName !== "mn") element.textContent = text;
  else if ("brackets" in element.dataset && text.startsWith("-"))
    element.textContent = `(${text.replaceAll("-", "−")})`;
  else element.textContent = text.replaceAll("-", "−");
}

function compute(inputs) {
  const values = forward(inputs);
  const found = backward(values);
  const pairs = values.map((value, index) => [`value:${index}`, value]);
  for (const kind of ["gradient", "local", "product"])
    pairs.push(...Object.entries(found[kind]).map(([name, number]) => [`${kind}:${name}`, number]));
  return new Map(pairs);
}

const inputsNow = () =>
  Object.fromEntries(FIELDS.map((field) => [field.dataset.input, parsed(field.value)]));

// A number as Python or JavaScript writes it, or undefined: in 1,000 a comma could be either kind.
function parsed(text) {
  const word = text.trim().toLowerCase().replace("−", "-");
  const named = { nan: NaN, inf: Infinity, "+inf": Infinity, "-inf": -Infinity }[word];
  if (named !== undefined) return named;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(word) ? Number(word) : undefined;
}

function refresh() {
  const inputs = inputsNow();
  const wrong = FIELDS.filter((field) => inputs[field.dataset.input] === undefined);
  FIELDS.forEach((field) => field.setAttribute("aria-invalid", String(wrong.includes(field))));
  if (wrong.length) {
    $("state").textContent = "Not computed: that is not a number.";
    return;
  }
  numbers = compute(inputs);
  for (const element of NUMBERS)
    put(element, texts(element.dataset.number, element.closest("svg") ? fitted : shown));
  for (const note of all("[data-blocked]")) note.hidden = !isBlocked(note.dataset.blocked);
  document.body.classList.add("changed");
  tell();
  show(current);
}

// Whether an edge passes 0 although upstream × local is another number.
function isBlocked(edge) {
  const upstream = numbers.get(`gradient:${edge.split(":")[0]}`);
  const product = upstream * numbers.get(`local:${edge}`);
  return numbers.get(`product:${edge}`) === 0 && product !== 0;
}

// What kind of numbers these are, and where they are none.
function tell() {
  const bad = [...numbers].filter(([key, number]) => isResult(key) && !Number.isFinite(number));
  const marked = new Set(bad.map(([key]) => key.split(":")[1]));
  all("[data-node], [data-row]").forEach((element) =>
    element.classList.toggle("undefined", marked.has(element.dataset.node ?? element.dataset.row)),
  );
  const told = "Recomputed here, in the browser. The verdict above is of the original values.";
  const kinked = Object.entries(kinks(valuesNow())).filter(([, is]) => is);
  const where = kinked.map(([index]) => NAMES.get(index)).join(", ");
  const kink = where && ` At a kink, where the derivative is a convention: ${where}.`;
  const parts = Object.entries({ "": "value", "the gradient of ": "gradient" }).flatMap(([of, kind]) =>
    bad.filter(([key]) => key.startsWith(kind)).map(([key]) => of + NAMES.get(key.split(":")[1])),
  );
  const bare = parts.length ? ` Not finite here: ${parts.join(", ")}.` : "";
  $("state").textContent = told + kink + bare;
}

const valuesNow = () => [...numbers].filter(([key]) => key.startsWith("value:")).map(([, v]) => v);
const isResult = (key) => key.startsWith("value:") || key.startsWith("gradient:");

function reset() {
  FIELDS.forEach((field) => {
    field.value = field.defaultValue;
    field.setAttribute("aria-invalid", "false");
  });
  all("[data-slider]").forEach((slider) => (slider.value = 0));
  all("[data-blocked]").forEach((note) => (note.hidden = note.dataset.original === "hidden"));
  all(".undefined").forEach((element) => element.classList.remove("undefined"));
  ORIGINAL.forEach((text, element) => (element.textContent = text));
  document.body.classList.remove("changed");
  numbers = null;
  $("state").textContent = "The original values.";
  show(current);
}

// A slider moves by ticks of a round size to both sides of the value that its field had at first.
function slide(field, slider) {
  const start = parsed(field.defaultValue);
  const middle = Number.isFinite(start) ? start : 0;
  const reach = Math.max(2 * Math.abs(middle), 2);
  const tick = 10 ** Math.floor(Math.log10(reach)) / 20;
  const size = Math.max(1, Math.ceil(reach / tick / Number(slider.max))) * tick;
  const valued = () => slider.setAttribute("aria-valuetext", field.value);
  slider.addEventListener("input", () => {
    field.value = shown(middle + Number(slider.value) * size, 12);
    valued();
    refresh();
  });
  field.addEventListener("input", () => {
    const number = parsed(field.value);
    if (Number.isFinite(number)) slider.value = Math.round((number - middle) / size);
    valued();
    refresh();
  });
  valued();
}

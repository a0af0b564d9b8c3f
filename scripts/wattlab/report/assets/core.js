// Data, numbers, elements and the state in the address. Everything comes from the page itself; nothing is fetched.
const byId = (id) => document.getElementById(id);
const DATA = JSON.parse(byId("data").textContent);
const CHARTS = JSON.parse(byId("charts").textContent);

// An element; strings inside become text, so that no name can be markup.
function el(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "on") Object.entries(value).forEach(([event, listen]) => made.addEventListener(event, listen));
    else if (name in made && typeof value !== "string") made[name] = value;
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...inside.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== ""));
  return made;
}

// ---- CSV: the text of cells.csv as objects, each with its own line, so that a download gives back the same bytes.
function parseCsv(text) {
  const lines = [];
  let fields = [], field = "", quoted = false, start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') { field += '"'; at += 1; } else quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === ",") { fields.push(field); field = ""; }
    else if (letter === "\n") {
      fields.push(field);
      lines.push({ fields, line: text.slice(start, at + 1) });
      fields = []; field = ""; start = at + 1;
    } else field += letter;
  }
  return lines;
}
const csvLine = (fields) => `${fields.map((one) => {
  const text = one === null || one === undefined ? "" : String(one);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}).join(",")}\n`;

function readCells() {
  const [header, ...lines] = parseCsv(DATA.cells_csv);
  const names = header.fields;
  const cells = lines.map(({ fields, line }) => {
    const cell = { line };
    names.forEach((name, place) => { cell[name] = fields[place]; });
    cell.measured = cell.status === "complete" && Number(cell.n_valid) > 0;
    cell.chosen = cell.selected === "True";
    cell.place = cell.variant ? `${cell.dataset}@${cell.variant}` : cell.dataset;
    cell.id = cell.hub_id || cell.model;
    return cell;
  });
  return { header: header.line, cells };
}
const { header: CSV_HEADER, cells: CELLS } = readCells();
const CHOSEN = CELLS.filter((cell) => cell.chosen && cell.measured && !cell.setting);

// An empty field is missing, never zero.
const numberOf = (text) => (text === undefined || text === null || text === "" ? null : Number(text));
const meanOf = (values) => (values.length && !values.includes(null) ? values.reduce((a, b) => a + b, 0) / values.length : null);
const distinct = (values) => [...new Set(values)];
const many = (count, noun) => `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`);

// ---- numbers as text: three significant digits, two where the energy is estimated
const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
function words(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "missing";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (!Number.isFinite(size)) return "never";
  const [figures, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent < -6 || exponent > 14) return `${figures} × 10${[...String(exponent)].map((one) => SUPERSCRIPT[one]).join("")}`;
  if (exponent >= digits - 1) return Math.round(Number(value.toPrecision(digits))).toLocaleString("en-US");
  return Number(value.toPrecision(digits)).toFixed(digits - 1 - exponent);
}
// The fewest digits, four at least, with which a factor as it is written gives the result as it is shown.
const factorDigits = (value, agrees) => [4, 5, 6, 7, 8, 9, 10].find((digits) => agrees(Number(value.toPrecision(digits)), digits)) || 11;
// An amount in the unit of its size; of a span, that of its lower end.
const LADDERS = { Wh: [[1e6, "MWh"], [1e3, "kWh"], [0, "Wh"]], g: [[1e6, "t"], [1e3, "kg"], [0, "g"]], s: [[0, "s"]] };
function amount(values, unit, digits) {
  const known = [values].flat();
  if (known.includes(null)) return "missing";
  const [step, name] = LADDERS[unit].find(([least]) => Math.abs(Math.min(...known)) >= least);
  const texts = distinct(known.map((one) => words(step ? one / step : one, digits)));
  return `${texts.join(" to ")} ${name}`;
}

// ---- the state: strings by key, those that differ from their default in the address
const state = {}, DEFAULTS = {}, VALID = {}, watchers = [];
const given = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
function declare(key, value, valid = () => true) {
  DEFAULTS[key] = String(value);
  VALID[key] = valid;
  const wanted = given().get(key);
  state[key] = wanted !== null && valid(wanted) ? wanted : DEFAULTS[key];
}
// The keys of tables that are not drawn yet stay in the address as they are.
function address(more = {}) {
  const later = Object.fromEntries([...given()].filter(([key]) => !(key in DEFAULTS) && key !== "at"));
  const changed = Object.entries({ ...later, ...state, ...more }).filter(([key, value]) => value !== DEFAULTS[key]);
  return `#${new URLSearchParams(changed)}`;
}
// A choice is a step of the back button; letters that are typed are one step together.
function set(changes, typed = false) {
  Object.assign(state, Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, String(value)])));
  history[typed ? "replaceState" : "pushState"](null, "", address() === "#" ? location.href.split("#")[0] : address());
  watchers.forEach((watcher) => watcher());
}
function readAddress() {
  const wanted = given();
  for (const key of Object.keys(DEFAULTS)) {
    const value = wanted.get(key);
    state[key] = value !== null && VALID[key](value) ? value : DEFAULTS[key];
  }
  watchers.forEach((watcher) => watcher());
}
const chosenOf = (key) => state[key].split(",").filter(Boolean);
const isNumber = (least, most) => (text) => text.trim() !== "" && Number(text) >= least && Number(text) <= most;

// A control and its key: the control writes the state, and every change of the state writes the control.
function bind(control, key, said = null) {
  const typed = control.matches("input:not([type=checkbox])");
  const write = () => { if (document.activeElement !== control || !typed) control.value = state[key]; };
  control.addEventListener(typed ? "input" : "change", () => {
    const fits = VALID[key](control.value);
    control.setAttribute("aria-invalid", String(!fits));
    if (said) said.textContent = fits ? "" : `not taken: from ${control.min} to ${Number(control.max).toLocaleString("en-US")}`;
    if (fits) set({ [key]: control.value }, typed);
  });
  control.addEventListener("blur", () => { control.value = state[key]; control.setAttribute("aria-invalid", "false"); if (said) said.textContent = ""; });
  watchers.unshift(write);
  write();
}
function bindNumber(id, key, value) {
  const control = byId(id);
  declare(key, value, isNumber(Number(control.min), Number(control.max)));
  bind(control, key, byId(`${id}-said`));
}
// Options that can not be used are there, and say why.
function options(select, entries) {
  select.replaceChildren(...entries.map(([value, text, why]) => el("option", { value, disabled: Boolean(why) }, why ? `${text} (${why})` : text)));
}

// ---- what the whole page goes by: the scope of the energy and the grid
const scopeColumn = (scope) => DATA.quantities[scope].column;
const hasScope = (scope) => CHOSEN.some((cell) => numberOf(cell[scopeColumn(scope)]) !== null);
declare("scope", DATA.scope, (one) => one in DATA.quantities && hasScope(one));
declare("grid", DATA.grid, (one) => one === "" || DATA.grids.some((grid) => grid.name === one));
declare("g", DATA.intensity_g_per_kwh, isNumber(0, 5000));
const intensity = () => {
  const grid = DATA.grids.find((one) => one.name === state.grid);
  return grid ? grid.intensity_g_per_kwh : Number(state.g);
};
const scopeTitle = () => DATA.quantities[state.scope].title;
const gridWords = () => `${Number(intensity().toPrecision(6))} g CO₂eq per kWh`;
// Wh per 1,000 inferences of a cell in the chosen scope, and its interval.
const whOf = (cell, end = "") => { const kwh = numberOf(cell[`${end}${scopeColumn(state.scope)}`]); return kwh === null ? null : 1000 * kwh; };
const methodOf = (cell) => cell[DATA.quantities[state.scope].method] || "";
const ESTIMATES = new Set(DATA.estimates);
// The part of the energy that was read from the hardware, 0 to 1.
function meteredOf(cell) {
  const kinds = methodOf(cell).split("+").filter(Boolean), guessed = kinds.filter((kind) => ESTIMATES.has(kind)).length;
  if (!guessed) return kinds.length ? 1 : 0;
  const share = numberOf(cell.modelled_share);
  return guessed === kinds.length ? 0 : state.scope === cell.headline_scope && share !== null ? 1 - share : 0.5;
}
const digitsOf = (cells) => (cells.every((cell) => meteredOf(cell) === 1) ? 3 : 2);
const shareWords = (share) => (share === 0 ? "estimated" : share === 1 ? "metered" : `${Math.round(100 * share)} % metered`);

const flagsOf = (cell) => (cell.flags || "").replaceAll("_", " ");
const partsOf = (flags) => flags.split("; ").filter(Boolean);

// A model whose runs were those of another one: it is named with this mark, wherever its energy stands, and never chosen.
const OF_ANOTHER = "energy of another model";
const isOther = (cell) => partsOf(flagsOf(cell)).some((one) => one.startsWith(DATA.other_model));
const otherWords = (count, what) => (count ? `${many(count, "model")} with the energy of another model: ${what}. ` : "");
const named = (id, other) => (other ? `${id} (${OF_ANOTHER})` : id);

// ---- models: a model at a task is the mean of its cells there
function modelsAt(task, { dataset = "", purpose = "" } = {}) {
  const groups = new Map();
  for (const cell of CHOSEN) {
    if (cell.task !== task || (dataset && cell.place !== dataset) || (purpose && cell.purpose !== purpose)) continue;
    groups.set(cell.model, [...(groups.get(cell.model) || []), cell]);
  }
  return [...groups.values()].map((cells) => modelRow(cells)).filter((row) => row.wh !== null).sort((a, b) => a.wh - b.wh);
}
function modelRow(cells) {
  const energies = cells.map((cell) => whOf(cell)), [first] = cells;
  const flags = distinct(cells.flatMap((cell) => partsOf(flagsOf(cell)))), other = cells.some(isOther);
  return { model: first.model, id: first.id, hub: Boolean(first.hub_id), task: first.task, purpose: first.purpose, cells, flags, other, name: named(first.id, other), kind: other ? OF_ANOTHER : first.purpose,
    wh: meanOf(energies), span: energies.includes(null) ? null : [Math.min(...energies), Math.max(...energies)],
    seconds: meanOf(cells.map((cell) => numberOf(cell.latency_p50_s) ?? scaledOf(numberOf(cell.duration_s_per_1000)))),
    parameters: numberOf(first.parameters_as_published) ?? numberOf(first.parameters),
    units: meanOf(cells.map((cell) => numberOf(cell.n_output_units_per_inference))), unit: first.output_unit,
    metered: meanOf(cells.map((cell) => meteredOf(cell))), digits: digitsOf(cells), structure: first.structure };
}
const scaledOf = (seconds) => (seconds === null ? null : seconds / 1000);
const titleOf = (task) => DATA.titles[task] || task;
const hubLink = (row) => [row.hub && /^[\w.-]+(\/[\w.-]+)?$/.test(row.id)
  ? el("a", { href: `https://huggingface.co/${row.id}`, rel: "noreferrer" }, row.id) : row.id, row.other ? el("span", { class: "label mark" }, OF_ANOTHER) : ""];

// ---- scores: by task and metric, of a model on each dataset
const METRICS = (task) => distinct(DATA.quality.filter((row) => row.task === task).map((row) => row.metric));
function scoresOf(row, metric, dataset = "") {
  const found = DATA.quality.filter((one) => one.task === row.task && one.model === row.model && one.metric === metric
    && one.purpose === row.purpose && (!dataset || one.dataset === dataset)).map((one) => one.quality_score);
  return found.length ? { mean: meanOf(found), span: [Math.min(...found), Math.max(...found)] } : null;
}
const scoreWords = (scores) => (scores === null ? "no score" : `${scores.mean.toFixed(2)}${scores.span[0] === scores.span[1] ? ""
  : ` (${scores.span.map((one) => one.toFixed(2)).join(" to ")})`}`);

// ---- to the clipboard and to disk
async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = el("textarea", {});
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  button.textContent = "copied";
  setTimeout(() => { button.textContent = before; }, 1500);
}
function save(name, content, type) {
  const url = content.startsWith("data:") ? content : URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  const link = el("a", { href: url, download: name });
  link.click();
  if (url !== content) setTimeout(() => URL.revokeObjectURL(url), 10000);
}
const here = (at) => `${location.href.split("#")[0]}${address(at ? { at } : {})}`;
const button = (text, press, more = {}) => el("button", { type: "button", ...more, on: { click: (event) => press(event.currentTarget) } }, text);

// ---- sections: each file of a section adds itself
const SECTIONS = {};
const section = (name, { start = null, draw }) => { SECTIONS[name] = { start, draw }; };

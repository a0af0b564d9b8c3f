// State, numbers and drawing that all explorers share. All data come from the page itself; nothing is fetched.
const DATA = JSON.parse(document.getElementById("data").textContent);
const CHARTS = JSON.parse(document.getElementById("charts").textContent);
const byId = (id) => document.getElementById(id);

const PALETTE = DATA.palette;
const QUANTITIES = DATA.quantities, INTERVAL = DATA.interval;

const state = {
  intensity: DATA.intensity_g_per_kwh, metric: "energy", per: "thousand", scope: DATA.scope, axis: "log",
  tasks: new Set(Object.keys(DATA.titles)), listeners: [],
};
const changed = () => state.listeners.forEach((listener) => listener());

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

function readCells() {
  const [header, ...lines] = parseCsv(DATA.cells_csv);
  const names = header.fields;
  const cells = lines.map(({ fields, line }) => {
    const cell = { line };
    names.forEach((name, place) => { cell[name] = fields[place]; });
    cell.measured = cell.status === "complete" && Number(cell.n_valid) > 0;
    cell.chosen = cell.selected === "True";
    cell.place = cell.variant ? `${cell.dataset}@${cell.variant}` : cell.dataset;
    return cell;
  });
  return { header: header.line, cells };
}
const { header: CSV_HEADER, cells: CELLS } = readCells();

// An empty field is missing, never zero.
const numberOf = (text) => (text === undefined || text === "" ? null : Number(text));

// ---- numbers as text: three significant digits, the same as the page's own
const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
function words(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "missing";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (!Number.isFinite(size)) return "never";
  const [digits, power] = value.toExponential(2).split("e");
  const exponent = Number(power);
  if (exponent < -6 || exponent > 14) return `${digits} × 10${[...String(exponent)].map((one) => SUPERSCRIPT[one]).join("")}`;
  if (exponent >= 2) return Math.round(Number(value.toPrecision(3))).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toFixed(2 - exponent);
}
const NO_INTERVAL = "no interval";
const interval = (low, high) => (low === null || high === null ? NO_INTERVAL : `${words(low)} to ${words(high)}`);

// ---- the chosen quantity
const METRICS = { energy: "kWh", emissions: "g CO₂eq", duration: "s" };
const PER = { thousand: "per 1,000 inferences", one: "per inference", unit: "per 1,000 output units" };
const unitTitle = () => `${METRICS[state.metric]} ${PER[state.per]}` +
  (state.metric === "duration" ? "" : ` (${QUANTITIES[state.scope].title})`);
const quantity = () => (state.metric === "duration" ? "duration" : state.scope);
const factor = () => (state.metric === "emissions" ? state.intensity : 1) * (state.per === "one" ? 0.001 : 1);

// How a cell's energy was obtained, in the scope of a quantity; a time has a clock.
function methodOf(cell, name = quantity()) {
  const { method } = QUANTITIES[name];
  return method === null ? "a clock" : cell[method] || "not recorded";
}

// Mean and bounds of a cell in the chosen quantity; null where missing.
function valueOf(cell) {
  const { column } = QUANTITIES[quantity()];
  const units = numberOf(cell.n_output_units_per_inference);
  if (state.per === "unit" && !(units > 0)) return { value: null, low: null, high: null };
  const scale = factor() / (state.per === "unit" ? units : 1);
  const of = (name) => { const number = numberOf(cell[name]); return number === null ? null : number * scale; };
  return { value: of(column), low: of(`ci95_low_${column}`), high: of(`ci95_high_${column}`) };
}
// A logarithmic axis has no place for what is not above zero.
const drawable = (row) => row.value !== null && (state.axis !== "log" || row.value > 0);
const clipped = (row) => (row.low === null || row.high === null || (state.axis === "log" && row.low <= 0)
  ? { ...row, low: row.value, high: row.value, cut: row.low !== null && row.high !== null } : row);

function point(cell, more) {
  const found = valueOf(cell);
  return { ...found, model: cell.model, task: DATA.titles[cell.task], dataset: cell.place, purpose: cell.purpose,
    shown: `${words(found.value)} ${METRICS[state.metric]}`,
    interval: found.low === null ? NO_INTERVAL : `${INTERVAL} ${interval(found.low, found.high)}`,
    n: cell.n_valid, method: methodOf(cell), flags: cell.flags || "none", cell: cell.cell, ...more };
}

// ---- charts
const shown = {};
function filled(node, fill) {
  if (Array.isArray(node)) {
    if (node.length === 1 && typeof node[0] === "string" && node[0] in fill) return fill[node[0]];
    return node.map((one) => filled(one, fill));
  }
  if (node && typeof node === "object") {
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, filled(value, fill)]));
  }
  return typeof node === "string" && node in fill ? fill[node] : node;
}

// A title below a narrow chart in lines that fit: Vega cuts what is wider than the chart.
const TITLE_LETTERS = 26;
function brokenTitle(title) {
  const lines = [""];
  for (const word of title.split(" ")) {
    const line = lines[lines.length - 1];
    if (line && `${line} ${word}`.length > TITLE_LETTERS) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}
function breakTitles(spec) {
  for (const part of [spec, ...(spec.layer || [])]) {
    const x = part.encoding && part.encoding.x;
    if (x && typeof x.title === "string") x.title = brokenTitle(x.title);
  }
}

async function draw(name, { scale = state.axis, fill = {}, data, empty, label, click, lines }) {
  const place = byId(`chart-${name}`);
  if (!place) return;
  const turn = (place.turn = (place.turn || 0) + 1);
  const note = byId(`empty-${name}`);
  note.textContent = empty || "";
  note.hidden = !empty;
  place.hidden = Boolean(empty);
  if (empty) return;
  const spec = filled(CHARTS[name][scale], fill);
  spec.datasets = data;
  // A layer of no rows has no domain: a study of one model per task has no mean over models.
  spec.layer = spec.layer.filter((layer) => !layer.data || data[layer.data.name].length);
  if (lines) spec.height = lines * spec.height.step;
  if (place.clientWidth < 500) {
    spec.config.legend.columns = "$datasets" in fill ? 1 : 2; // long names on the left leave room for one
    spec.config.axis.labelLimit = 190;
    spec.config.axis.labelFontSize = 10;
    breakTitles(spec);
  }
  const many = Object.values(data).some((rows) => rows.length > 1000);
  const box = document.createElement("div");
  box.className = "canvas";
  box.setAttribute("aria-hidden", "true"); // the label of the place says what the chart shows
  const old = place.firstElementChild;
  place.append(box);
  const result = await vegaEmbed(box, spec, { actions: false, ast: true, renderer: many ? "canvas" : "svg" });
  if (old) old.remove();
  if (turn !== place.turn) { result.finalize(); box.remove(); return; }
  if (shown[name]) shown[name].finalize();
  shown[name] = result;
  place.setAttribute("aria-label", label);
  if (click) result.view.addEventListener("click", (_event, item) => { if (item && item.datum) click(item.datum); });
}

// The explorers above and below the table of cells: tasks, models, datasets, output length, quality, comparison, totals.
const picked = (task) => state.tasks.has(task);
const colouring = (rows, kind) => {
  const present = Object.keys(PALETTE[kind]).filter((name) => rows.some((row) => row.colour === name));
  return { $colour: kind, $colours_domain: present, $colours_range: present.map((name) => PALETTE[kind][name]) };
};
const many = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
// What a chart does not show: rows without a value, and intervals that a logarithmic axis has no place for.
function leftOut(lacking, noun, rows) {
  const cut = rows.filter((row) => row.cut).length;
  return [lacking ? `${many(lacking, noun)} without a value left out.` : "",
    cut ? `${many(cut, "interval")} not drawn: down to zero or below.` : ""].filter(Boolean).join(" ");
}
const NOTHING = "Nothing to show: no cell of this choice has a value.";

// Tokens, labels, boxes and images have no common order: per output unit, the tasks of one unit stand together.
const unitOf = new Map(DATA.tasks.map((row) => [row.task, row.output_unit ? `${row.output_unit}s` : "units not recorded"]));
const titleOf = (task) => (state.per === "unit" ? `${DATA.titles[task]} (${unitOf.get(task)})` : DATA.titles[task]);
const byUnit = (a, b) => (state.per === "unit" ? unitOf.get(a.key).localeCompare(unitOf.get(b.key)) : 0);

function drawTasks() {
  const table = state.per === "unit" ? "per_unit" : "per_inference";
  const chosen = DATA.tasks.filter((row) => picked(row.task));
  const rows = chosen.map((row) => {
    const [value, low, high] = row[table][quantity()].map((one) => (one === null ? null : one * factor()));
    const bounds = low === null ? (row.n_models > 1 ? NO_INTERVAL : row.spread) : `${row.spread} ${words(low)} to ${words(high)}`;
    return { value, low: row.has_interval ? low : null, high: row.has_interval ? high : null, key: row.task,
      title: titleOf(row.task), task: DATA.titles[row.task], n: String(row.n_repeats), n_models: String(row.n_models),
      shown: `${words(value)} ${METRICS[state.metric]}`, interval: bounds, method: methodsOf(row.task) };
  }).filter(drawable).map(clipped).sort((a, b) => byUnit(a, b) || a.value - b.value);
  byId("note-tasks").textContent = leftOut(chosen.length - rows.length, "task", rows);
  const titles = rows.map((row) => row.title);
  const data = { rows: rows.filter((row) => row.n_models !== "1"), models: modelRows().filter((row) => titles.includes(row.title)) };
  const label = `Chart: ${unitTitle()} by task, ascending${state.per === "unit" ? " within a unit" : ""}. ` +
    rows.map((row) => `${row.title} ${row.shown}, ${row.interval}`).join("; ");
  return draw("tasks", { fill: { $value: unitTitle(), $tasks: titles }, data, label, lines: titles.length,
    empty: rows.length ? "" : NOTHING });
}

const methodsOf = (task) => [...new Set(CELLS.filter((cell) => cell.task === task && cell.measured && cell.chosen
  && cell.purpose === "task-specific").flatMap((cell) => methodOf(cell).split("+")))].sort().join("+");

// A model at a task: the mean of its selected task-specific cells.
function modelRows() {
  const groups = new Map();
  for (const cell of CELLS) {
    if (!cell.chosen || !cell.measured || cell.purpose !== "task-specific" || !picked(cell.task)) continue;
    const key = `${cell.task} ${cell.model}`;
    groups.set(key, [...(groups.get(key) || []), cell]);
  }
  return [...groups.values()].map((cells) => {
    const values = cells.map((cell) => valueOf(cell).value);
    const value = values.includes(null) ? null : values.reduce((a, b) => a + b, 0) / values.length;
    return { value, title: titleOf(cells[0].task), task: DATA.titles[cells[0].task], model: cells[0].model,
      n_cells: String(cells.length), shown: `${words(value)} ${METRICS[state.metric]}`, method: [...new Set(cells.map((cell) => methodOf(cell)))].join(" or ") };
  }).filter(drawable);
}

function cloud(name, cells, kind, more, fill, what, lines) {
  const all = cells.map((cell) => point(cell, { colour: cell[kind], ...more(cell) }));
  const rows = all.filter(drawable).map(clipped);
  const note = byId(`note-${name}`);
  if (note) note.textContent = leftOut(all.length - rows.length, "cell", rows);
  const label = `Chart: ${unitTitle()} against ${what}, ${many(rows.length, "cell")}. The table of all cells has the numbers.`;
  return draw(name, { fill: { $value: unitTitle(), ...fill, ...colouring(rows, kind) }, data: { rows }, label, lines,
    empty: rows.length ? "" : `Nothing to show: no cell of this choice has a value and known ${what}.`,
    click: (datum) => searchFor(datum.model) });
}
const chosenCells = () => CELLS.filter((cell) => cell.chosen && cell.measured && picked(cell.task));

function drawModels() {
  const purpose = byId("models-purpose").value, structure = byId("models-structure").value;
  const cells = chosenCells().filter((cell) => (!purpose || cell.purpose === purpose)
    && (!structure || cell.structure === structure) && numberOf(cell.parameters_as_published) > 0);
  return cloud("models", cells, byId("models-colour").value, (cell) => ({ parameters: Number(cell.parameters_as_published) }),
    { $parameters: "parameters, as published" }, "parameters");
}

function drawDatasets() {
  const answered = (purpose) => new Set(chosenCells().filter((cell) => cell.purpose === purpose)
    .map((cell) => `${cell.task}/${cell.place}`));
  const [specific, multi] = [answered("task-specific"), answered("multi-purpose")];
  const cells = chosenCells().filter((cell) => {
    const key = `${cell.task}/${cell.place}`;
    return specific.has(key) && multi.has(key);
  });
  const title = (cell) => `${cell.place}: ${DATA.titles[cell.task]}`;
  const titles = [...new Set(cells.map(title))];
  return cloud("datasets", cells, "structure", (cell) => ({ title: title(cell) }), { $datasets: titles }, "dataset", titles.length);
}

function drawLengths() {
  const task = byId("lengths-task").value;
  const cells = chosenCells().filter((cell) => numberOf(cell.n_output_units_per_inference) > 0 && (!task || cell.task === task));
  const units = [...new Set(cells.map((cell) => `${cell.output_unit}s`))].sort().join(" or ");
  const kinds = [...new Set(cells.map((cell) => cell.lengths).filter(Boolean))];
  const how = kinds.length === 1 ? `, ${DATA.lengths[kinds[0]]}` : "";
  return cloud("lengths", cells, "structure", (cell) => ({ length: Number(cell.n_output_units_per_inference) }),
    { $length: `mean output length (${units}${how})` }, "output length");
}

function drawQuality() {
  if (!byId("chart-quality")) return null;
  const [task, metric] = byId("quality-metric").value.split("|");
  const known = new Map(CELLS.filter((cell) => cell.chosen).map((cell) => [`${cell.task}/${cell.dataset}/${cell.variant || ""}/${cell.model}/${cell.purpose}`, cell]));
  const scores = new Map();
  for (const row of DATA.quality) {
    const cell = known.get(`${row.task}/${row.dataset}/${row.variant || ""}/${row.model}/${row.purpose}`);
    if (row.task === task && row.metric === metric && cell && row.quality_score !== null) scores.set(cell, row.quality_score);
  }
  return cloud("quality", [...scores.keys()], "structure", (cell) => ({ score: scores.get(cell) }), { $score: metric }, metric);
}

// The paper, this study and those beside it, a line each below the name of a task.
const STUDIES_RANGE = ["#6E6E6E", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"];
const STUDIES_SHAPES = ["diamond", "circle", "square", "triangle-up", "cross", "triangle-down"];
const ratioOf = (value, printed, scope) => (scope === DATA.paper_scope ? words(value / printed) : `none: ${scope} beside the paper's ${DATA.paper_scope}`);
function drawComparison() {
  const own = DATA.beside.some((other) => other.study === DATA.study) ? "this study" : DATA.study;
  const paper = "the paper", scopes = [DATA.comparison_scope, ...DATA.beside.map((other) => other.scope)];
  const alike = scopes.every((scope) => scope === DATA.paper_scope); // else the scope stands with the study
  const names = [own, ...DATA.beside.map((other) => other.study)].map((name, place) => (alike ? name : `${name} (${scopes[place]})`));
  const studies = [paper, ...names];
  const rows = DATA.comparison.flatMap((row) => {
    const printed = row.paper_energy_kwh_per_1000, task = DATA.titles[row.task] || row.task;
    return [[paper, printed], [names[0], row.energy_kwh_per_1000],
      ...DATA.beside.map((other, place) => [names[place + 1], other.energies[row.task]])]
      .filter(([, value]) => value > 0)
      .map(([study, value]) => ({ study, value, task, title: task, order: printed, shown: `${words(value)} kWh`,
        printed: `${words(printed)} kWh`, ratio: ratioOf(value, printed, study === paper ? DATA.paper_scope : scopes[names.indexOf(study)]) }));
  }).sort((a, b) => a.order - b.order);
  const here = rows.filter((row) => row.study !== paper);
  const titles = [...new Set(here.map((row) => row.title))];
  return draw("comparison", { data: { rows: rows.filter((row) => titles.includes(row.title)) }, empty: here.length ? "" : NOTHING,
    lines: titles.length * (1 + (studies.length - 1) / 3),
    fill: { $tasks: titles, $studies_domain: studies, $studies_range: studies.map((_, place) => STUDIES_RANGE[place % 6]),
      $studies_shapes: studies.map((_, place) => STUDIES_SHAPES[place % 6]) },
    label: "Chart: energy of each task here and in the paper. " + here.map((row) => `${row.task}, ${row.study}: ${row.shown}, paper ${row.printed}`).join("; ") });
}

function drawTotals() {
  const phases = DATA.totals.map((row) => `${row.phase}${row.reused ? " (paid by another study)" : ""}`);
  const grams = state.metric === "emissions", seconds = state.metric === "duration";
  const rows = DATA.totals.map((row, place) => {
    const base = seconds ? row.duration_s : row.energy_kwh;
    const value = base === null ? null : base * (grams ? state.intensity : 1);
    return { phase: phases[place], title: phases[place], value, windows: `${words(row.n_windows)} windows`,
      shown: `${words(value)} ${METRICS[state.metric]}` };
  }).filter((row) => row.value !== null);
  return draw("totals", { scale: "linear", data: { rows }, lines: phases.length, empty: rows.length ? "" : NOTHING,
    fill: { $value: `${METRICS[state.metric]} in all`, $phases: phases },
    label: "Chart: what the study cost by phase. " + rows.map((row) => `${row.phase}: ${row.shown}`).join("; ") });
}

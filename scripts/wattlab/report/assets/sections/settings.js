// What a setting saves, and how far floating-point operations say the energy.
const HEADLINE_TITLE = DATA.quantities[DATA.scope].title;
const rowsOf = (name) => { const { columns, rows } = DATA.tables[name]; return rows.map((row) => Object.fromEntries(columns.map((key, at) => [key, row[at]]))); };
const purposeWords = (row) => `${titleOf(row.task)}${row.purpose === "multi-purpose" ? ", multi-purpose" : ""}`;

function drawFactors() {
  const text = (row) => `${words(row.energy_ratio)}${row.ci95_low_energy_ratio === null ? "" : ` (${[row.ci95_low_energy_ratio, row.ci95_high_energy_ratio].map((one) => words(one)).join(" to ")})`}`;
  const rows = rowsOf("factors").filter((row) => row.energy_ratio > 0).map((row) => ({ title: purposeWords(row), task: purposeWords(row), setting: row.setting, level: row.level === "cell" ? "a cell" : "geometric mean of a task", lane: `${row.setting} ${row.level}`,
    value: row.energy_ratio, low: row.ci95_low_energy_ratio, high: row.ci95_high_energy_ratio, cells: row.n_cells, model: row.level === "cell" ? `${hubName(row.model)}, ${row.dataset}` : many(row.n_cells, "cell"), shown: text(row) }));
  const means = rows.filter((row) => row.level !== "a cell"), settings = distinct(rows.map((row) => row.setting)), tasks = distinct(means.map((row) => row.title));
  const spans = means.filter((row) => row.low !== null), open = spans.filter((row) => row.low <= 1 && row.high >= 1).length;
  const columns = [{ key: "task", title: "task", value: (row) => row.task }, { key: "setting", title: "setting", value: (row) => row.setting }, { key: "model", title: "model and dataset, or cells", value: (row) => row.model },
    { key: "ratio", title: "energy over the protocol’s", number: true, value: (row) => row.value }, { key: "low", title: `${DATA.interval}, low`, number: true, value: (row) => row.low }, { key: "high", title: `${DATA.interval}, high`, number: true, value: (row) => row.high }];
  return draw("factors", { rows, columns, data: { rows, spans, one: [{ at: 1 }] }, lines: tasks.length * (0.3 + 0.9 * settings.length),
    fill: { $tasks: tasks, $settings: settings, $settings_range: settings.map((_, at) => RANGE[1 + at % (RANGE.length - 1)]), $lanes: settings.flatMap((one) => [`${one} cell`, `${one} task`]) },
    say: (row) => `${row.task}, ${row.setting}, ${row.model}: ${row.shown} times the protocol’s`, empty: rows.length ? "" : "Nothing to show: no cell of a setting has a value beside the protocol’s.",
    caption: `Energy per inference at each setting over that of the same cell under the protocol, ${HEADLINE_TITLE}: left of the dashed line at 1 a setting saves. A circle is a cell, a bar the geometric mean over the cells of a task, its line the ${DATA.ratio_interval} (${many(rows.length - means.length, "cell")} in ${many(means.length, "mean")}). `
      + (open ? `${open} of ${many(spans.length, "interval")} ${open === 1 ? "holds" : "hold"} 1: no saving and no cost is told apart there. ` : "") + (DATA.tables.factors.n_hidden ? `${many(DATA.tables.factors.n_hidden, "cell")} not drawn: they are in tables/factors.csv.` : "") });
}

declare("flops-task", "", (one) => one === "" || TASKS.includes(one));
declare("flops-purpose", "task-specific", (one) => ["task-specific", "multi-purpose"].includes(one));
const counted = (cell) => DATA.flops[cell.cell] > 0;
// Models whose FLOPs are counted, each the mean of its cells that have a count.
function flopModels() {
  return TASKS.flatMap((task) => modelsAt(task, { purpose: state["flops-purpose"] })).map((row) => row.cells.filter(counted)).filter((cells) => cells.length)
    .map((cells) => ({ ...modelRow(cells), flops: meanOf(cells.map((cell) => DATA.flops[cell.cell])) }));
}
// What the table of rank correlations says of these models.
function ranksSaid() {
  const all = rowsOf("flop_ranks").filter((row) => row.ranked_by === "flops_per_inference" && row.ranked === "energy_kwh_per_1000" && row.purpose === state["flops-purpose"] && row.spearman_rho !== null);
  const text = (row) => `${row.spearman_rho.toFixed(2)} (${many(row.n_models, "model")}${row.ci95_low_spearman_rho === null ? "" : `, ${DATA.interval} ${row.ci95_low_spearman_rho.toFixed(2)} to ${row.ci95_high_spearman_rho.toFixed(2)}`})`;
  const own = all.filter((row) => row.task !== "all tasks" && (!state["flops-task"] || row.task === state["flops-task"])).sort((a, b) => a.spearman_rho - b.spearman_rho), whole = all.find((row) => row.task === "all tasks");
  if (!own.length) return "No rank correlation: fewer than three models of a task. ";
  const ends = own.length === 1 ? `${titleOf(own[0].task)} ${text(own[0])}` : `from ${text(own[0])} in ${titleOf(own[0].task)} to ${text(own[own.length - 1])} in ${titleOf(own[own.length - 1].task)}`;
  return `Spearman’s rho of FLOPs and energy (${HEADLINE_TITLE}) among models of a task: ${ends}${whole && !state["flops-task"] ? `; over all tasks ${text(whole)}, which says how tasks differ more than how models do` : ""}. `;
}
function drawFlops() {
  const found = flopModels(), there = distinct(found.map((row) => row.task));
  options(byId("flops-task"), [["", "all"], ...TASKS.map((task) => [task, titleOf(task), there.includes(task) ? "" : "no FLOPs"])]);
  byId("flops-task").value = state["flops-task"];
  const wanted = found.filter((row) => !state["flops-task"] || row.task === state["flops-task"]), own = wanted.filter((row) => !row.other);
  const rows = own.map((row) => ({ key: row.model, of: row.task, task: titleOf(row.task), value: row.wh, flops: row.flops, metered: row.metered, model: row.name, shown: `${amount(row.wh, "Wh", row.digits)} per 1,000`, operations: `${row.flops.toExponential(2)} FLOPs` }));
  const tasks = distinct(rows.map((row) => row.task)), place = (task) => TASKS.map(titleOf).indexOf(task);
  const columns = [{ key: "task", title: "task", value: (row) => row.task }, { key: "model", title: "model", value: (row) => row.model }, { key: "flops", title: "FLOPs per inference", number: true, value: (row) => row.flops, show: (row) => row.flops.toExponential(2) }, { key: "wh", title: "Wh per 1,000", number: true, value: (row) => row.value }];
  return draw("flops", { rows, columns, data: { rows }, press: (row) => takeTask(row.of, row.key), fill: { $tasks: tasks, $tasks_range: tasks.map((task) => RANGE[1 + place(task) % 6]), $tasks_shapes: tasks.map((task) => SHAPES[Math.floor(place(task) / 6) % SHAPES.length]) },
    say: (row) => `${row.task}, ${row.model}: ${row.operations}, ${row.shown}`, empty: rows.length ? "" : "Nothing to show: no model of this choice has counted FLOPs and an energy.",
    caption: `Energy against counted floating-point operations, ${scopeTitle()}, ${state["flops-purpose"]} models. A point is a model at a task, the mean of its cells, filled as far as metered. ${ranksSaid()}${otherWords(wanted.length - own.length, "left out, since the FLOPs are its own")}${clickWords()}` });
}
section("settings", { draw: () => Promise.all([byId("chart-factors") && drawFactors(), byId("chart-flops") && drawFlops()]), start: () => {
  if (!byId("chart-flops")) return;
  byId("flops-task").addEventListener("change", () => set({ "flops-task": byId("flops-task").value }));
  const any = (purpose) => CHOSEN.some((cell) => cell.purpose === purpose && counted(cell));
  options(byId("flops-purpose"), ["task-specific", "multi-purpose"].map((one) => [one, one, any(one) ? "" : "none has FLOPs"]));
  bind(byId("flops-purpose"), "flops-purpose");
} });

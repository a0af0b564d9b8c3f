// The first screen: the tasks with their models, and what a month of one of them costs.
const TASKS = Object.keys(DATA.titles);
const scored = TASKS.filter((task) => METRICS(task).length);
const modelCount = (task) => modelsAt(task).length;
const firstTask = [...(scored.length ? scored : TASKS)].sort((a, b) => (b === "summarization") - (a === "summarization") || modelCount(b) - modelCount(a))[0];
declare("task", firstTask || "", (one) => TASKS.includes(one));
// Another task begins anew: scores, datasets and models of one are not those of another.
const UNCHOSEN = { dataset: "", purpose: "", least: "" };
const takeTask = (task, model = "") => set(task === state.task ? { model } : { task, model, ...UNCHOSEN, y: "", compare: "" });
// The score and the dataset's name in the scores, as they are chosen in "Which model".
const metricOf = ({ y }) => y.score || METRICS(state.task)[0];
const scoreText = (row, metric) => { const found = scoresOf(row, metric, placeOf()); return found ? found.mean.toFixed(2) : "no score"; };
const placeOf = () => state.dataset.split("@")[0];
// Flags of every cell tell none from another: they stand in the methods.
const EVERYWHERE = CHOSEN.length > 1 ? partsOf(flagsOf(CHOSEN[0])).filter((one) => CHOSEN.every((cell) => partsOf(flagsOf(cell)).includes(one))) : [];
const hubName = (model) => (CELLS.find((cell) => cell.model === model) || { id: model }).id;
declare("model", "", (one) => one === "" || CELLS.some((cell) => cell.model === one));

// `range of 2 models` and `range of 4 models` are one kind of line.
const spreadKind = (spread) => spread.replace(/^range of \d+ models$/, "range of models");
function drawTasks() {
  const means = DATA.tasks.map((row) => {
    const [value, low, high] = row.energies[state.scope].map((one) => (one === null ? null : 1000 * one));
    const models = modelsAt(row.task, { purpose: "task-specific" });
    return { task: row.task, title: titleOf(row.task), value, low, high, spread: row.spread, several: row.n_models > 1,
      models, metered: meanOf(models.map((one) => one.metered)), digits: digitsOf(models.flatMap((one) => one.cells)) };
  }).filter((row) => row.value > 0).sort((a, b) => b.value - a.value);
  const rows = means.flatMap((row) => row.models.map((one) => ({ key: one.model, task: row.task, title: row.title, value: one.wh,
    metered: one.metered, model: one.name, kind: one.kind, shown: `${amount(one.wh, "Wh", one.digits)} per 1,000`, how: shareWords(one.metered), digits: one.digits })));
  // An interval that reaches zero has no place on a logarithmic axis.
  const spans = means.filter((row) => row.several && row.low > 0).map((row) => ({ title: row.title, low: row.low, high: row.high }));
  const cut = means.filter((row) => row.several && row.low !== null && row.low <= 0).length;
  const absent = TASKS.filter((task) => CHOSEN.some((cell) => cell.task === task && cell.purpose === "task-specific") && !means.some((row) => row.task === task));
  const columns = [
    { key: "title", title: "1,000 inferences of", value: (row) => row.title },
    { key: "wh", title: `Wh (${scopeTitle()})`, number: true, value: (row) => row.value, show: (row) => amount(row.value, "Wh", row.digits) },
    { key: "spread", title: "interval or range", value: (row) => row.spread, show: (row) => (row.several && row.low !== null ? `${row.spread}: ${amount([row.low, row.high], "Wh", row.digits)}` : row.spread) },
    { key: "g", title: "g CO₂eq", number: true, value: (row) => row.value * intensity() / 1000, show: (row) => amount(row.value * intensity() / 1000, "g", row.digits) },
    { key: "models", title: "models", number: true, value: (row) => row.models.length },
    { key: "metered", title: "energy is", value: (row) => shareWords(row.metered) },
  ];
  return draw("tasks", { rows, columns, table: means, lines: means.length, press: (row) => takeTask(row.task, row.key),
    data: { rows, means: means.filter((row) => row.several), spans }, fill: { $tasks: means.map((row) => row.title), ...kindsOf(rows) },
    say: (row) => `${row.title}, ${row.model}: ${row.shown}, ${row.how}`, empty: rows.length ? "" : "Nothing to show: no model has an energy of this scope.",
    caption: `Wh per 1,000 inferences, ${scopeTitle()}. A circle is a task-specific model, filled as far as its energy was metered, hollow where it was estimated. `
      + `The tick is the mean of a task of several models; the line its ${listed(distinct(means.filter((row) => row.several).map((row) => spreadKind(row.spread)))) || "range"}. `
      + (cut ? `${many(cut, "interval")} not drawn: down to zero or below. ` : "") + otherWords(rows.filter((row) => row.kind === OF_ANOTHER).length, "a cross; it stays in its task’s mean") + (absent.length ? `Without a value: ${listed(absent.map(titleOf))}. ` : "") + clickWords() });
}

// ---- the calculator: of the models that "Which model" leaves; of its own accord the cheapest whose energy is not another one's
const firstOf = (rows) => rows.find((row) => !row.other) || rows[0];
function calculated() {
  const chosen = chosenModels(), { rows } = chosen;
  const row = rows.find((one) => one.model === state.model) || firstOf(rows);
  if (!row) return null;
  const n = Number(state.n), pue = Number(state.pue), price = Number(state.price);
  const monthly = (wh) => n / 1000 * wh * pue;
  return { rows, row, n, pue, price, monthly, chosen, wh: monthly(row.wh), grams: monthly(row.wh) / 1000 * intensity(), cost: monthly(row.wh) / 1000 * price };
}
// What is known of the spread: the range over datasets, or the interval over the repeats of the one.
function spreadWords({ row, monthly }) {
  const [cell, ...more] = row.cells, of = (bounds) => amount(bounds.map(monthly), "Wh", row.digits);
  if (more.length) return row.span ? `range ${of(row.span)} over ${many(row.cells.length, "dataset")}` : "range not known";
  const bounds = ["ci95_low_", "ci95_high_"].map((end) => whOf(cell, end));
  return `on ${cell.place} alone${bounds.includes(null) ? "" : `; ${DATA.interval} over ${many(numberOf(cell.n_valid), "repeat")} ${of(bounds)}`}`;
}
// The factors with as many digits as the results need to come out by hand as they stand in the answer.
function sumWritten({ row, n, pue, price, monthly, wh, grams, cost }) {
  const { digits } = row, month = (one, many_) => Number(monthly(one).toPrecision(many_));
  const results = (energy) => [amount(energy, "Wh", digits), amount(energy / 1000 * intensity(), "g", digits), words(energy / 1000 * price, digits)];
  const shown = [amount(wh, "Wh", digits), amount(grams, "g", digits), words(cost, digits)];
  const factor = factorDigits(row.wh, (one, many_) => results(month(one, many_)).join() === shown.join());
  return `${n.toLocaleString("en-US")} / 1,000 × ${amount(row.wh, "Wh", factor)} × PUE ${pue} = ${amount(month(Number(row.wh.toPrecision(factor)), factor), "Wh", factor)}; × ${gridWords()} = ${shown[1]}; × ${price} = ${shown[2]}.`;
}
function calculatorTexts(found) {
  const { row, rows, n, wh, price, grams, cost, chosen } = found, { digits } = row;
  const answer = `${n.toLocaleString("en-US")} a month of ${titleOf(row.task)} with ${row.name}: ${amount(wh, "Wh", digits)} (${spreadWords(found)}), ${amount(grams, "g", digits)} CO₂eq, cost ${words(cost, digits)} at a price of ${price} per kWh.`;
  const sum = sumWritten(found);
  const metric = metricOf(chosen), others = rows.filter((one) => one !== row && !one.other);
  const score = (one) => (metric ? scoresOf(one, metric, placeOf()) : null);
  const better = others.filter((one) => score(one) && score(row) && score(one).mean > score(row).mean).sort((a, b) => a.wh - b.wh)[0] || others[0];
  const beside = better ? `${compareText([row, better])[0]}${score(better) && score(row) ? ` ${metric}: ${score(better).mean.toFixed(2)} against ${score(row).mean.toFixed(2)}.` : ""}` : "";
  const amounts = DATA.equivalents.map((one) => `${words(one.energy_kwh ? wh / 1000 / one.energy_kwh : grams / one.emissions_g, digits)} ${one.title}`);
  const basis = `${scopeTitle()}, ${shareWords(row.metered)}, ${DATA.about}.`, among = chosenWords(chosen);
  const flags = row.flags.filter((one) => !EVERYWHERE.includes(one)), flagged = flags.length ? `Flagged: ${flags.join("; ")}.` : "";
  return { answer, sum, beside, flagged, among: among ? `Of the models that Which model leaves: ${among}.` : "", amounts: amounts.length ? `As much as ${amounts.join(", or ")}.` : "", basis };
}
function drawCalculator() {
  const tasks = TASKS.map((task) => [task, titleOf(task), modelCount(task) ? "" : "no energy of this scope"]);
  options(byId("calc-task"), tasks);
  byId("calc-task").value = state.task;
  const found = calculated(), out = byId("calc-answer"), metric = metricOf(chosenModels()), first = found && firstOf(found.rows);
  const wide = button("all models and datasets", () => set(UNCHOSEN), { id: "calc-all" }), among = chosenWords(chosenModels());
  options(byId("calc-model"), found ? found.rows.map((row) => [row === first ? "" : row.model, `${row.name}: ${amount(row.wh, "Wh", row.digits)} per 1,000${metric ? `, ${metric} ${scoreText(row, metric)}` : ""}${row === first && !row.other ? ", the cheapest" : ""}`]) : []);
  if (found) byId("calc-model").value = first === found.row ? "" : found.row.model;
  const source = DATA.grids.find((one) => one.name === state.grid);
  byId("grid-source").textContent = source ? `Grid: ${source.source}${source.year || source.source.includes("year") ? "" : "; year not stated"}.` : "Grid: an intensity that you typed.";
  byId("g").value = document.activeElement === byId("g") ? byId("g").value : String(intensity());
  if (!found) { out.replaceChildren(el("p", {}, among ? `No model is left: ${among}. ` : "No model of this task has an energy of this scope.", among ? wide : "")); return; }
  const texts = calculatorTexts(found), gone = state.model && state.model !== found.row.model;
  out.replaceChildren(el("div", {}, el("p", { class: "result" }, texts.answer),
    texts.among ? el("p", { class: "note" }, texts.among, gone ? ` ${hubName(state.model)} is not among them. ` : " ", wide) : null, el("p", {}, texts.beside), el("p", { class: "note" }, `${texts.sum} ${texts.amounts} Energy: ${texts.basis}`),
    texts.flagged ? el("p", { class: "note mark" }, texts.flagged) : null));
  out.dataset.kwh = String(found.wh / 1000);
}
function startCalculator() {
  bindNumber("n", "n", 1000000);
  bindNumber("price", "price", 0.2);
  bindNumber("pue", "pue", 1);
  const grid = byId("grid");
  options(grid, [...DATA.grids.map((one) => [one.name, `${one.title}: ${one.intensity_g_per_kwh} g/kWh${one.year ? ` (${one.year})` : ""}`]), ["", "typed"]]);
  bind(grid, "grid");
  byId("g").addEventListener("input", () => {
    const { value } = byId("g"), fits = VALID.g(value);
    byId("g").setAttribute("aria-invalid", String(!fits));
    byId("g-said").textContent = fits ? "" : "not taken: from 0 to 5,000";
    if (fits) set({ g: value, grid: "" }, true);
  });
  const scope = byId("scope");
  options(scope, Object.entries(DATA.quantities).map(([name, one]) => [name, one.title, hasScope(name) ? "" : "no cell has it"]));
  const usable = Object.entries(DATA.quantities).filter(([name]) => hasScope(name));
  if (usable.length < 2) { scope.disabled = true; byId("scope-why").textContent = `One scope alone is known${usable.length ? `: ${usable[0][1].title}` : ""}.`; }
  bind(scope, "scope");
  byId("calc-task").addEventListener("change", () => takeTask(byId("calc-task").value));
  byId("calc-model").addEventListener("change", () => set({ model: byId("calc-model").value }));
  byId("calc-copy").addEventListener("click", (event) => { const texts = calculatorTexts(calculated()); copy(`${texts.answer} ${texts.among && `${texts.among} `}${texts.beside} ${texts.sum} Energy: ${texts.basis} ${texts.flagged ? `${texts.flagged} ` : ""}${DATA.study}, wattlab.`, event.currentTarget); });
  byId("calc-link").addEventListener("click", (event) => copy(here(), event.currentTarget));
}
section("tasks", { start: startCalculator, draw: () => { drawCalculator(); return drawTasks(); } });

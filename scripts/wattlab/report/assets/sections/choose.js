// Which model: one task at a time, energy beside quality, up to four compared.
const MOST_COMPARED = 4;
declare("dataset", "", (one) => one === "" || CELLS.some((cell) => cell.place === one));
declare("purpose", "", (one) => ["", "task-specific", "multi-purpose"].includes(one));
declare("y", "");
declare("least", "", (one) => one === "" || isNumber(0, 1000)(one));
declare("compare", "");

// What stands beside the energy: the scores of the task, then what is known of every model.
function besides(task) {
  const scores = METRICS(task).map((metric) => ({ name: metric, title: metric, of: (row) => { const found = scoresOf(row, metric, placeOf()); return found && found.mean; }, score: metric }));
  const unit = (modelsAt(task)[0] || {}).unit || "unit";
  return [...scores, { name: "parameters", title: "parameters, as published", of: (row) => row.parameters, log: true },
    { name: "seconds", title: "seconds per inference", of: (row) => row.seconds, log: true }, { name: "length", title: `output ${unit}s per inference`, of: (row) => row.units }];
}
function chosenModels() {
  const y = besides(state.task).find((one) => one.name === state.y) || besides(state.task)[0];
  const all = modelsAt(state.task, { dataset: state.dataset, purpose: state.purpose }).map((row) => ({ ...row, y: y.of(row) }));
  const least = state.least === "" || !y.score ? null : Number(state.least);
  return { y, all, rows: all.filter((row) => least === null || (row.y !== null && row.y >= least)), least };
}
// What was chosen here, in words; it holds for the calculator too.
const chosenWords = ({ y, least }) => [state.purpose && `${state.purpose} models`, state.dataset && `on ${state.dataset}`, least !== null && `${y.title} of at least ${least}`].filter(Boolean).join(", ");
// On the frontier: no cheaper model has as high a score. A model whose energy is another one's is not recommended.
function frontier(rows) {
  let best = -Infinity;
  return rows.filter((row) => row.y !== null && !row.other).sort((a, b) => a.wh - b.wh || b.y - a.y).filter((row) => { const on = row.y > best; best = Math.max(best, row.y); return on; });
}
function drawFrontier({ y, rows: models }) {
  const known = models.filter((row) => row.y !== null && (!y.log || row.y > 0));
  const best = y.score ? frontier(known) : [];
  const rows = known.map((row) => ({ key: row.model, value: row.wh, y: row.y, low: row.span ? row.span[0] : row.wh, high: row.span ? row.span[1] : row.wh, kind: row.kind, metered: row.metered,
    model: row.name, label: best.includes(row) ? row.id.split("/").pop() : "", shown: `${amount(row.wh, "Wh", row.digits)} per 1,000`, beside: y.score ? row.y.toFixed(3) : words(row.y), flags: row.flags.join("; ") || "none", digits: row.digits }));
  const line = best.map((row) => ({ value: row.wh, y: row.y }));
  const columns = [{ key: "model", title: "model", value: (row) => row.model }, { key: "wh", title: "Wh per 1,000", number: true, value: (row) => row.value },
    { key: "low", title: "lowest dataset, Wh", number: true, value: (row) => row.low }, { key: "high", title: "highest dataset, Wh", number: true, value: (row) => row.high }, { key: "y", title: y.title, number: true, value: (row) => row.y }];
  return draw("choose", { scale: y.log ? "log" : "linear", rows, columns, data: { rows, line }, fill: { $beside: y.title, ...kindsOf(rows) }, press: (row) => set({ model: row.key }),
    say: (row) => `${row.model}: ${row.shown}, ${y.title} ${row.beside}`, empty: rows.length ? "" : `Nothing to show: no model of this choice has ${y.title}.`,
    caption: `${titleOf(state.task)}${state.dataset ? ` on ${state.dataset}` : ""}: Wh per 1,000 inferences (${scopeTitle()}) and ${y.title}. A point is a model's mean over datasets, its line the lowest and highest dataset; filled as far as metered. ${otherWords(rows.filter((row) => row.kind === OF_ANOTHER).length, "a cross, and on no frontier")}`
      + (line.length > 1 ? " The stepped line joins the models that no cheaper one matches." : "") });
}
const CHOOSE_COLUMNS = (y) => [
  { key: "tick", title: "compare", plain: true, value: () => "", show: (row) => { const ticked = chosenOf("compare");
    return el("input", { type: "checkbox", checked: ticked.includes(row.model), disabled: !ticked.includes(row.model) && ticked.length >= MOST_COMPARED,
      "aria-label": `compare ${row.id}`, title: ticked.length >= MOST_COMPARED ? "four are compared" : "", "data-key": `tick-${row.model}`,
      on: { change: () => set({ compare: ticked.includes(row.model) ? ticked.filter((one) => one !== row.model).join(",") : [...ticked, row.model].join(",") }) } }); } },
  { key: "model", title: "model", wide: true, value: (row) => row.name, show: (row) => [hubLink(row), row.purpose === "multi-purpose" ? el("span", { class: "label" }, "multi-purpose") : ""] },
  { key: "wh", title: "Wh per 1,000", number: true, value: (row) => row.wh, show: (row) => amount(row.wh, "Wh", row.digits) },
  { key: "span", title: "over datasets", number: true, value: (row) => row.span && row.span[1] / row.span[0], show: (row) => (row.cells.length < 2 ? "one dataset" : row.span ? amount(row.span, "Wh", row.digits) : "missing") },
  { key: "y", title: y.title, number: true, value: (row) => row.y, show: (row) => (y.score ? scoreWords(scoresOf(row, y.score, placeOf())) : words(row.y)) },
  { key: "s", title: "s per inference", number: true, value: (row) => row.seconds, show: (row) => words(row.seconds) },
  { key: "metered", title: "energy is", value: (row) => row.metered, show: (row) => shareWords(row.metered) },
  { key: "flags", title: "flags", wide: true, value: (row) => row.flags.join("; "), parts: (row) => row.flags },
  { key: "more", title: "details", plain: true, value: () => "", show: (row) => button("card", () => { set({ model: row.model }); byId("card").open = true; byId("card").scrollIntoView({ block: "nearest" }); }, { "aria-label": `card of ${row.id}` }) },
];

// t(0.975) at so many degrees of freedom, 1 at the least: between two of those that the page has, by 1 / freedom.
function tOf(freedom) {
  const at = (DATA.t_quantiles.length - 1) / freedom, below = Math.min(Math.floor(at), DATA.t_quantiles.length - 2);
  return DATA.t_quantiles[below] + (at - below) * (DATA.t_quantiles[below + 1] - DATA.t_quantiles[below]);
}
// Pairs of cells: the geometric mean of their ratios, and its bounds, as `tables.intervals.ratio_estimate` has them.
function ratioOfMeans(pairs) {
  const sides = pairs.flat().map((cell) => ({ n: Number(cell.n_valid), variance: (whOf(cell, "sd_") ?? NaN) ** 2 / (Number(cell.n_valid) * whOf(cell) ** 2) }));
  const log = meanOf(pairs.map(([one, other]) => Math.log(whOf(one) / whOf(other)))), total = sides.reduce((sum, { variance }) => sum + variance, 0);
  if (!Number.isFinite(total) || sides.some(({ n }) => n < 2)) return { ratio: Math.exp(log), bounds: null };
  const freedom = total ? total ** 2 / sides.reduce((sum, { n, variance }) => sum + variance ** 2 / (n - 1), 0) : 1, half = tOf(freedom) * Math.sqrt(total) / pairs.length;
  return { ratio: Math.exp(log), bounds: [Math.exp(log - half), Math.exp(log + half)] };
}
function compareText(rows) {
  const [first, ...rest] = rows;
  return rest.map((row) => {
    const pairs = row.cells.map((cell) => [cell, first.cells.find((one) => one.place === cell.place)]).filter(([, one]) => one);
    if (!pairs.length) return `${row.name} and ${first.name} share no dataset.`;
    const { ratio, bounds } = ratioOfMeans(pairs), by = pairs.map(([one, other]) => whOf(one) / whOf(other)), text = (values) => distinct(values.map((one) => words(one))).join(" to ");
    const repeats = pairs.flat().reduce((sum, cell) => sum + Number(cell.n_valid), 0);
    const interval = bounds ? `${text(bounds)}: ${DATA.ratio_interval}; ${many(repeats, "valid repeat")}` : "no interval: fewer than two repeats or no spread of them";
    return `${row.name} takes ${words(ratio)} times the energy of ${first.name} (${interval}; ${pairs.length > 1 ? `geometric mean over ${many(pairs.length, "dataset")}, by dataset ${text([Math.min(...by), Math.max(...by)])}` : `on ${pairs[0][0].place}`})`
      + `${bounds && bounds[0] <= 1 && bounds[1] >= 1 ? ": not separable, since the interval holds 1" : ""}.`;
  });
}
function drawCompare({ y }) {
  const place = byId("compare"), rows = chosenOf("compare").map((model) => modelsAt(state.task, { dataset: state.dataset }).find((row) => row.model === model)).filter(Boolean);
  byId("compare-clear").hidden = !rows.length;
  byId("compared").hidden = onPaper() && rows.length < 2;
  byId("compare-said").textContent = rows.length === 0 ? "Tick up to four models to compare them." : rows.length === 1 ? `Tick another model to compare it with ${rows[0].name}.` : "";
  if (rows.length < 2) { place.replaceChildren(); return; }
  const places = distinct(rows.flatMap((row) => row.cells.map((cell) => cell.place)));
  const lines = [...(places.length > 1 ? [["mean over datasets", (row) => amount(row.wh, "Wh", row.digits)]] : []),
    ...places.map((name) => [name, (row) => { const cell = row.cells.find((one) => one.place === name); return cell ? amount(whOf(cell), "Wh", row.digits) : "no cell"; }]),
    [y.title, (row) => (y.score ? scoreWords(scoresOf(row, y.score, placeOf())) : words(y.of(row)))], ["seconds per inference", (row) => words(row.seconds)], ["energy is", (row) => shareWords(row.metered)], ["flags", (row) => row.flags.join("; ") || "none"]];
  place.replaceChildren(el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "models compared" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Wh per 1,000"), rows.map((row) => el("th", { scope: "col" }, row.name)))),
    el("tbody", {}, lines.map(([title, of]) => el("tr", {}, el("th", { scope: "row" }, title), rows.map((row) => el("td", { class: String(of(row)).length > 40 ? "t" : "" }, of(row)))))))),
  ...compareText(rows.sort((a, b) => a.wh - b.wh)).map((text) => el("p", {}, text)));
}

const cardBlock = (row) => [`# ${titleOf(row.task)}, ${row.other ? OF_ANOTHER : "energy"} of 1,000 inferences, ${scopeTitle()}, ${shareWords(row.metered)}: ${amount(row.wh, "Wh", row.digits)}`, "co2_eq_emissions:",
  `  emissions: ${Number((row.wh / 1000 * intensity()).toPrecision(row.digits))} # g CO₂eq per 1,000 inferences at ${gridWords()}`, `  source: "wattlab, study ${DATA.study}"`, "  training_type: inference", `  hardware_used: "${DATA.machine.replaceAll('"', "'")}"`].join("\n");
function drawCard() {
  const found = calculated(), place = byId("card-inside");
  byId("card").hidden = !found;
  if (!found) return;
  const { row } = found;
  byId("card-title").textContent = `card of ${row.name}`;
  const cells = row.cells.map((cell) => `${cell.place}: ${amount(whOf(cell), "Wh", row.digits)}${numberOf(cell[`ci95_low_${scopeColumn(state.scope)}`]) === null ? "" : ` (${DATA.interval} ${amount([whOf(cell, "ci95_low_"), whOf(cell, "ci95_high_")], "Wh", row.digits)}, ${cell.n_valid} repeats)`}`);
  place.replaceChildren(el("p", {}, hubLink(row), `, ${row.structure}, ${row.parameters ? `${words(row.parameters)} parameters` : "parameters not known"}. ${row.flags.length ? `Flags: ${row.flags.join("; ")}.` : "No flag."}`),
    el("ul", {}, cells.map((text) => el("li", {}, text))), el("pre", { tabindex: "0", class: "words" }, cardBlock(row)),
    el("div", { class: "tools" }, button("copy the model card's block", (self) => copy(cardBlock(row), self)), button("its cells in the table", () => { set({ search: row.id }); goTo("cells"); })));
}
function drawChoose() {
  options(byId("choose-task"), TASKS.map((task) => [task, titleOf(task), modelCount(task) ? "" : "no energy of this scope"]));
  byId("choose-task").value = state.task;
  options(byId("choose-dataset"), [["", "mean of all"], ...distinct(CHOSEN.filter((cell) => cell.task === state.task).map((cell) => cell.place)).map((name) => [name, name])]);
  byId("choose-dataset").value = state.dataset;
  const found = chosenModels(), at = besides(state.task);
  options(byId("choose-y"), at.map((one) => [one.name, one.title]));
  byId("choose-y").value = found.y.name;
  byId("choose-least").disabled = !found.y.score;
  byId("choose-why").textContent = found.y.score ? "" : METRICS(state.task).length ? "a least value: of scores only" : "no score is known for this task";
  const hidden = found.all.length - found.rows.length;
  const among = chosenWords(found), cheapest = found.rows.find((row) => !row.other), others = found.rows.filter((row) => row.other).length;
  byId("choose-said").textContent = (cheapest ? `Cheapest for ${titleOf(state.task)}${among && ` (${among})`}: ${cheapest.id}, ${amount(cheapest.wh, "Wh", cheapest.digits)} per 1,000${found.y.score && cheapest.y !== null ? `, ${found.y.title} ${cheapest.y.toFixed(2)}` : ""}.` : `No model of ${titleOf(state.task)} is left${among && `: ${among}`}.`)
    + (cheapest && !METRICS(state.task).length ? " No score is known here: whether it does the job of the others, and how well, its page on the hub says." : "")
    + (others ? ` ${many(others, "model")} not considered: the energy is another model's.` : "")
    + (hidden ? ` ${many(hidden, "model")} below ${state.least} or without a score left out.` : "");
  grid(byId("choose-rows"), { name: "models", columns: CHOOSE_COLUMNS(found.y), rows: found.rows, all: found.all, sort: "wh", file: "tables/cells.csv", caption: `models of ${titleOf(state.task)}`,
    marked: (row) => (calculated() && calculated().row.model === row.model ? "picked" : "") });
  drawCompare(found);
  drawCard();
  return drawFrontier(found);
}
section("choose", { draw: drawChoose, start: () => {
  byId("choose-task").addEventListener("change", () => takeTask(byId("choose-task").value));
  for (const [id, key] of [["choose-dataset", "dataset"], ["choose-y", "y"], ["choose-purpose", "purpose"]]) byId(id).addEventListener("change", () => set({ [key]: byId(id).value }));
  watchers.unshift(() => { byId("choose-purpose").value = state.purpose; });
  bind(byId("choose-least"), "least", byId("choose-why"));
  byId("choose-take").addEventListener("click", () => { if (state.model) set({ model: "" }); byId("tasks").scrollIntoView(); });
  byId("compare-clear").addEventListener("click", () => set({ compare: "" }));
} });

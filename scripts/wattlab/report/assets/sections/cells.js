// All cells, and every other table of the study.
declare("search", "");
declare("cells", "all", (one) => ["all", "selected", "missing"].includes(one));
// Words are all wanted; a comma separates what may be either.
function wanted() {
  const ways = state.search.toLowerCase().split(",").map((one) => one.split(/\s+/).filter(Boolean)).filter((one) => one.length);
  const text = (cell) => `${cell.task} ${titleOf(cell.task)} ${DATA.paper_names[cell.task] || ""} ${cell.place} ${cell.model} ${cell.id} ${cell.structure} ${cell.purpose} ${flagsOf(cell)}`.toLowerCase();
  return CELLS.filter((cell) => (state.cells === "all" || (state.cells === "selected" ? cell.chosen : !(cell.measured && cell.status === "complete")))
    && (!ways.length || ways.some((terms) => { const all = text(cell); return terms.every((term) => all.includes(term)); })));
}
const repeatsOf = (cell) => `${cell.n_valid} / ${cell.n_wanted || cell.n_repeats}`;
function drawCells() {
  const bounds = (cell) => [whOf(cell, "ci95_low_"), whOf(cell, "ci95_high_")];
  // The numbers beside the model: on a narrow page they are what is seen.
  const columns = [
    { key: "model", title: "model", value: (cell) => named(cell.id, isOther(cell)), show: (cell) => hubLink({ id: cell.id, hub: Boolean(cell.hub_id), other: isOther(cell) }) },
    { key: "wh", title: "Wh per 1,000", number: true, keep: true, value: (cell) => whOf(cell), show: (cell) => (cell.measured ? amount(whOf(cell), "Wh", digitsOf([cell])) : el("span", { class: "label" }, cell.status === "complete" ? "missing" : cell.status)) },
    { key: "interval", title: DATA.interval, number: true, value: (cell) => bounds(cell)[0], show: (cell) => (bounds(cell).includes(null) ? "none" : amount(bounds(cell), "Wh", digitsOf([cell]))) },
    { key: "task", title: "task", value: (cell) => titleOf(cell.task) }, { key: "dataset", title: "dataset", value: (cell) => cell.place },
    { key: "purpose", title: "purpose", value: (cell) => cell.purpose }, { key: "setting", title: "setting", value: (cell) => cell.setting || "" },
    { key: "g", title: "g CO₂eq per 1,000", number: true, value: (cell) => { const wh = whOf(cell); return wh === null ? null : wh / 1000 * intensity(); }, show: (cell) => (whOf(cell) === null ? "missing" : words(whOf(cell) / 1000 * intensity(), digitsOf([cell]))) },
    { key: "s", title: "s per 1,000", number: true, value: (cell) => numberOf(cell.duration_s_per_1000), show: (cell) => words(numberOf(cell.duration_s_per_1000)) },
    { key: "n", title: "repeats, valid / wanted", number: true, value: (cell) => repeatsOf(cell) },
    { key: "metered", title: "energy is", value: (cell) => meteredOf(cell), show: (cell) => shareWords(meteredOf(cell)) },
    { key: "flags", title: "flags", wide: true, value: flagsOf, parts: (cell) => partsOf(flagsOf(cell)), show: (cell, others = flagsOf(cell)) => [others, cell.chosen ? "" : el("span", { class: "label" }, "not in the means")] },
  ];
  grid(byId("cells-rows"), { name: "cells", columns, rows: wanted(), all: CELLS, sort: "-wh", caption: "all cells", paper: 0, marked: (cell) => (cell.measured ? "" : "missing"),
    csv: (rows) => { const kept = new Set(rows); return CSV_HEADER + CELLS.filter((cell) => kept.has(cell)).map((cell) => cell.line).join(""); } });
}
section("cells", { draw: () => { drawCells(); drawOpen(); }, start: () => {
  bind(byId("search"), "search");
  bind(byId("cells-status"), "cells");
  byId("cells-clear").addEventListener("click", () => set({ search: "", cells: "all" }));
} });
// Tables are built when they are opened.
const drawOpen = () => document.querySelectorAll("details[data-table][open]").forEach((one) => studyTable(one.querySelector(".rows"), one.dataset.table));

// The table of all cells: sort, search, filter, pages, download.
const PAGE_ROWS = 25;
const table = { sort: "energy", down: true, page: 0 };
const column = `energy_kwh_per_1000`;
const TABLE = [
  ["task", "task", (cell) => DATA.titles[cell.task]],
  ["dataset", "dataset", (cell) => cell.place],
  ["model", "model", (cell) => cell.model],
  ["purpose", "purpose", (cell) => cell.purpose],
  ["n", "repeats, valid / wanted", (cell) => numberOf(cell.n_valid)],
  ["energy", `kWh per 1,000 (${DATA.scope})`, (cell) => numberOf(cell[column])],
  ["interval", INTERVAL, (cell) => numberOf(cell[`ci95_low_${column}`])],
  ["grams", "g CO₂eq per 1,000", (cell) => scaled(cell[column])],
  ["seconds", "s per 1,000", (cell) => numberOf(cell.duration_s_per_1000)],
  ["flags", "flags", (cell) => cell.flags || ""],
  ["how", "how", (cell) => `${cell.weights} · ${cell.data} · ${cell.energy_method || "not measured"}`],
];
const scaled = (text) => { const value = numberOf(text); return value === null ? null : value * state.intensity; };
const NUMERIC = new Set(["n", "energy", "interval", "grams", "seconds"]);

function wanted() {
  const terms = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const status = byId("cells-status").value;
  const text = (cell) => `${cell.task} ${DATA.titles[cell.task]} ${cell.place} ${cell.model} ${cell.hub_id || ""} ${cell.structure} ${cell.purpose}`.toLowerCase();
  return CELLS.filter((cell) => picked(cell.task)
    && (status === "all" || (status === "selected" ? cell.chosen : !(cell.measured && cell.status === "complete")))
    && terms.every((term) => text(cell).includes(term)));
}

function sorted(cells) {
  const value = TABLE.find(([name]) => name === table.sort)[2];
  const sign = table.down ? -1 : 1;
  const missing = (one) => one === null || one === undefined;
  // Missing values last, whichever way it is sorted.
  return cells.map((cell) => [value(cell), cell]).sort(([a], [b]) => (missing(a) || missing(b)
    ? missing(a) - missing(b) : sign * (typeof a === "number" ? a - b : a.localeCompare(b)))).map(([, cell]) => cell);
}

function cellText(name, cell) {
  if (name === "interval") {
    return interval(numberOf(cell[`ci95_low_${column}`]), numberOf(cell[`ci95_high_${column}`]));
  }
  if (name === "n") return `${cell.n_valid} / ${cell.n_wanted || cell.n_repeats}`;
  const value = TABLE.find(([key]) => key === name)[2](cell);
  return NUMERIC.has(name) ? words(value) : value;
}

function showCells() {
  const cells = sorted(wanted());
  const pages = Math.max(1, Math.ceil(cells.length / PAGE_ROWS));
  table.page = Math.min(table.page, pages - 1);
  const start = table.page * PAGE_ROWS;
  const rows = cells.slice(start, start + PAGE_ROWS).map((cell) => {
    const row = document.createElement("tr");
    if (!cell.measured) row.className = "missing";
    for (const [name] of TABLE) {
      const box = document.createElement("td");
      box.className = NUMERIC.has(name) ? "n" : name;
      box.textContent = cellText(name, cell);
      if (name === "how" && !cell.chosen) box.append(label("not in the means"));
      if (name === "how" && cell.status !== "complete") box.append(label(cell.status));
      row.append(box);
    }
    return row;
  });
  byId("cells-rows").replaceChildren(...rows);
  byId("cells-count").textContent = cells.length
    ? `${start + 1} to ${start + rows.length} of ${cells.length} cells (${CELLS.length} in the study)` : "No cell matches.";
  byId("cells-back").disabled = table.page === 0;
  byId("cells-on").disabled = table.page >= pages - 1;
}

function label(text) {
  const mark = document.createElement("span");
  mark.className = "label";
  mark.textContent = text;
  return mark;
}

function headCells() {
  const row = byId("cells-head");
  row.replaceChildren(...TABLE.map(([name, title]) => {
    const head = document.createElement("th");
    head.scope = "col";
    if (NUMERIC.has(name)) head.className = "n";
    head.setAttribute("aria-sort", table.sort === name ? (table.down ? "descending" : "ascending") : "none");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.sort = name;
    button.textContent = title;
    button.addEventListener("click", () => {
      table.down = table.sort === name ? !table.down : NUMERIC.has(name);
      table.sort = name;
      headCells();
      showCells();
      byId("cells-head").querySelector(`[data-sort=${name}]`).focus();
    });
    head.append(button);
    return head;
  }));
}

function searchFor(model) {
  byId("search").value = model;
  table.page = 0;
  showCells();
  byId("cells-said").textContent = `The table of cells shows ${model}.`;
}

function download() {
  const order = new Set(wanted());
  const text = CSV_HEADER + CELLS.filter((cell) => order.has(cell)).map((cell) => cell.line).join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = "cells.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function startCells() {
  headCells();
  const again = () => { table.page = 0; showCells(); };
  byId("search").addEventListener("input", again);
  byId("cells-status").addEventListener("change", again);
  byId("cells-back").addEventListener("click", () => { table.page -= 1; showCells(); });
  byId("cells-on").addEventListener("click", () => { table.page += 1; showCells(); });
  byId("cells-download").addEventListener("click", download);
  byId("cells-clear").addEventListener("click", () => { byId("search").value = ""; again(); });
}

// The controls of the whole page, and the start.
function showGrams() {
  for (const place of document.querySelectorAll(".g")) {
    const kwh = numberOf(place.dataset.kwh);
    const value = kwh === null ? null : kwh * state.intensity;
    const per = place.dataset.per; // what weighs so many grams is counted; without it, grams with their unit
    if (per) place.textContent = words(value === null ? null : value / Number(per));
    else place.textContent = value >= 1000 ? `${words(value / 1000)} kg` : `${words(value)} g`;
  }
  for (const place of document.querySelectorAll(".intensity")) place.textContent = String(state.intensity);
}

function startGrid() {
  const select = byId("grid"), number = byId("intensity"), said = byId("grid-source");
  DATA.grids.forEach((grid) => select.add(new Option(`${grid.title}: ${grid.intensity_g_per_kwh} g/kWh${grid.year ? ` (${grid.year})` : ""}`, grid.name)));
  select.add(new Option("typed", ""));
  select.value = DATA.grids.some((grid) => grid.name === DATA.grid) ? DATA.grid : "";
  number.value = String(DATA.intensity_g_per_kwh);
  const tell = () => {
    const grid = DATA.grids.find((one) => one.name === select.value);
    said.textContent = grid ? `Source: ${grid.source}${grid.year ? "" : "; year not stated"}.` : "An intensity that you typed.";
  };
  select.addEventListener("change", () => {
    const grid = DATA.grids.find((one) => one.name === select.value);
    if (grid) { state.intensity = grid.intensity_g_per_kwh; number.value = String(grid.intensity_g_per_kwh); }
    tell();
    changed();
  });
  number.addEventListener("input", () => {
    const typed = Number(number.value);
    if (number.value === "" || !(typed >= 0)) return;
    state.intensity = typed;
    const same = DATA.grids.find((grid) => grid.intensity_g_per_kwh === typed);
    select.value = same ? same.name : "";
    tell();
    changed();
  });
  tell();
}

function startChoices() {
  for (const name of ["metric", "per", "scope", "axis"]) {
    const select = byId(name);
    select.value = state[name];
    select.addEventListener("change", () => { state[name] = select.value; changed(); });
  }
  const boxes = Object.entries(DATA.titles).map(([task, title]) => {
    const line = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.value = task;
    box.addEventListener("change", () => { if (box.checked) state.tasks.add(task); else state.tasks.delete(task); changed(); });
    line.append(box, ` ${title}`);
    return line;
  });
  byId("tasks-boxes").replaceChildren(...boxes);
  const all = (checked) => {
    state.tasks = new Set(checked ? Object.keys(DATA.titles) : []);
    byId("tasks-boxes").querySelectorAll("input").forEach((box) => { box.checked = checked; });
    changed();
  };
  byId("tasks-all").addEventListener("click", () => all(true));
  byId("tasks-none").addEventListener("click", () => all(false));
  const names = [...new Set(CELLS.map((cell) => cell.structure))].sort();
  names.forEach((name) => byId("models-structure").add(new Option(name, name)));
  for (const id of ["models-colour", "models-purpose", "models-structure"]) byId(id).addEventListener("change", drawModels);
  const lengths = [...new Set(CELLS.filter((cell) => numberOf(cell.n_output_units_per_inference) > 0).map((cell) => cell.task))];
  lengths.forEach((task) => byId("lengths-task").add(new Option(DATA.titles[task], task)));
  const written = CELLS.find((cell) => cell.purpose === "multi-purpose" && cell.modality.endsWith("-to-text") && lengths.includes(cell.task));
  if (written) byId("lengths-task").value = written.task;
  byId("lengths-task").addEventListener("change", drawLengths);
  if (byId("quality-metric")) {
    const kinds = [...new Set(DATA.quality.map((row) => `${row.task}|${row.metric}`))];
    kinds.forEach((kind) => byId("quality-metric").add(new Option(kind.replace("|", ": "), kind)));
    byId("quality-metric").addEventListener("change", drawQuality);
  }
}

// Charts are drawn when they come near the window, and again only if they are: a page of thousands of cells stays quick.
const DRAWN = { tasks: drawTasks, models: drawModels, datasets: drawDatasets, lengths: drawLengths, quality: drawQuality,
  comparison: drawComparison, totals: drawTotals };
const near = new Set(), stale = new Set(Object.keys(DRAWN));
function drawNear() {
  for (const name of [...stale]) if (near.has(name)) { stale.delete(name); DRAWN[name](); }
}
function startCharts() {
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const name = entry.target.dataset.chart;
      if (entry.isIntersecting) near.add(name); else near.delete(name);
    }
    drawNear();
  }, { rootMargin: "600px" });
  document.querySelectorAll("[data-chart]").forEach((place) => { if (place.dataset.chart in DRAWN) watch.observe(place); });
  addEventListener("beforeprint", () => { Object.keys(DRAWN).forEach((name) => near.add(name)); drawNear(); });
}

function onChange() {
  byId("tasks-shown").textContent = `${state.tasks.size} of ${Object.keys(DATA.titles).length}`;
  for (const place of document.querySelectorAll(".conditions")) place.textContent = QUANTITIES[quantity()].conditions;
  showGrams();
  showCells();
  Object.keys(DRAWN).forEach((name) => stale.add(name));
  drawNear();
}

startGrid();
startChoices();
startCells();
state.listeners.push(onChange);
onChange();
startCharts();
startParity();
document.body.dataset.ready = "yes";

// Charts: Vega-Lite specifications of the page, filled with rows; each also a table, SVG, PNG, CSV and link.
const shown = {};
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
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
// Colours of what a chart tells apart, the first for what all else is set beside; and their shapes.
const RANGE = ["#6E6E6E", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
const SHAPES = ["circle", "square", "triangle-up", "cross", "triangle-down", "diamond"];
// Shapes of the kinds of models that are there; a cross carries another model's energy.
const KINDS = { "task-specific": "circle", "multi-purpose": "diamond", [OF_ANOTHER]: "M-.8-.8L.8.8M-.8.8L.8-.8" };
const kindsOf = (rows) => { const kinds = Object.keys(KINDS).filter((kind) => rows.some((row) => row.kind === kind)); return { $kinds: kinds, $shapes: kinds.map((kind) => KINDS[kind]) }; };
const PAPER_WIDTH = 680; // of an A4 page between its margins, at 96 to the inch
const onPaper = () => document.body.classList.contains("paper");
const clickWords = () => (onPaper() ? "" : "A click takes a model to the calculator.");

// `rows`: those of the marks with a point each, in the order drawn; `say(row)`: what is read out of one.
async function draw(name, { scale = "log", fill = {}, data, rows, table = rows, say, columns, caption, empty = "", lines = 0, press = null }) {
  const place = byId(`chart-${name}`);
  if (!place) return;
  const turn = (place.turn = (place.turn || 0) + 1);
  const [box, listed_, note, read] = ["canvas", "rows", "caption", "read"].map((one) => place.querySelector(`.${one}`));
  note.textContent = empty ? `${empty} ${caption}` : caption;
  place.given = { rows, table, columns, say, press, caption };
  read.textContent = "";
  const asTable = state[`${name}-as`] === "table";
  place.querySelectorAll("[role=tab]").forEach((tab) => tab.setAttribute("aria-selected", String((tab.dataset.as === "table") === asTable)));
  box.hidden = Boolean(empty) || asTable;
  listed_.hidden = !asTable;
  if (asTable) grid(listed_, { name, columns, rows: table, caption: place.dataset.title });
  if (box.hidden) return;
  const ink = css("--text"), soft = css("--dim"), line = css("--line");
  const spec = filled(CHARTS[name][scale], { $ink: ink, $blue: css("--blue"), ...fill });
  spec.datasets = data;
  // A layer of no rows has no domain.
  spec.layer = spec.layer.filter((layer) => !layer.data || data[layer.data.name].length);
  if (lines) spec.height = lines * spec.height.step;
  spec.width = onPaper() ? PAPER_WIDTH : Math.max(280, box.clientWidth - 4);
  Object.assign(spec.config.axis, { gridColor: line, domainColor: soft, tickColor: soft, labelColor: ink, titleColor: ink });
  Object.assign(spec.config.legend, { labelColor: ink, titleColor: ink });
  if (spec.width < 500) { spec.config.axis.labelLimit = 150; spec.config.axis.labelFontSize = 11; }
  spec.config.legend.columns = spec.width < 500 ? 1 : spec.width < 900 ? 4 : 5;
  const dense = rows.length > 1000 && !onPaper();
  const inner = el("div", {});
  const result = await vegaEmbed(inner, spec, { actions: false, ast: true, renderer: dense ? "canvas" : "svg" });
  if (turn !== place.turn) { result.finalize(); return; }
  if (shown[name]) shown[name].finalize();
  shown[name] = result;
  box.replaceChildren(inner, el("i", { class: "ring", hidden: true }));
  inner.setAttribute("aria-hidden", "true"); // what is drawn is read out point by point, and stands in the table
  box.setAttribute("aria-label", `${place.dataset.title}: ${many(rows.length, "point")}; arrow keys read them out`);
  if (press) result.view.addEventListener("click", (_event, item) => { if (item && item.datum && item.datum.key) press(item.datum); });
}

// Arrow keys go from point to point, Enter does what a click does.
function step(place, event) {
  const { rows, say, press } = place.given || { rows: [] };
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter" && press && place.point !== undefined) press(rows[place.point]);
  if (!by || !rows.length) return;
  event.preventDefault();
  place.point = ((place.point ?? (by > 0 ? -1 : 0)) + by + rows.length) % rows.length;
  place.querySelector(".read").textContent = `${place.point + 1} of ${rows.length}: ${say(rows[place.point])}`;
  const box = place.querySelector(".canvas"), ring = box.querySelector(".ring");
  const mark = [...box.querySelectorAll(".points_marks path")].filter((one) => one.getAttribute("d"))[place.point];
  if (!ring || !mark) return;
  const [outer, inner] = [box.getBoundingClientRect(), mark.getBoundingClientRect()];
  ring.hidden = false;
  Object.assign(ring.style, { left: `${inner.left + inner.width / 2 - outer.left}px`, top: `${inner.top + inner.height / 2 - outer.top}px` });
}

function startCharts() {
  for (const place of document.querySelectorAll(".chart")) {
    const name = place.id.slice("chart-".length);
    declare(`${name}-as`, "chart", (one) => ["chart", "table"].includes(one));
    const tab = (as) => button(as, () => set({ [`${name}-as`]: as }), { role: "tab", "data-as": as, "aria-controls": `as-${name}` });
    const csv = () => { const { table, columns } = place.given;
      return [columns.map((one) => one.title), ...table.map((row) => columns.map((one) => one.value(row)))].map(csvLine).join(""); };
    const noted = (svg) => svg.replace(/^<svg([^>]*)>/, (_all, rest) => { const box = el("desc", {}, place.given.caption); return `<svg${rest}>${box.outerHTML}`; });
    place.prepend(el("div", { class: "tools" }, el("span", { role: "tablist", "aria-label": place.dataset.title }, tab("chart"), tab("table")),
      button("SVG", async () => save(`${name}.svg`, noted(await shown[name].view.toSVG()), "image/svg+xml"), { class: "drawn", "aria-label": `${place.dataset.title} as SVG` }),
      button("PNG", async () => save(`${name}.png`, await shown[name].view.toImageURL("png", 2)), { class: "drawn", "aria-label": `${place.dataset.title} as PNG` }),
      button("CSV", () => save(`${name}.csv`, csv(), "text/csv"), { "aria-label": `${place.dataset.title} as CSV` }),
      button("link", (self) => copy(here(place.closest("section").id), self), { "aria-label": `copy a link to ${place.dataset.title}` })));
    place.querySelector(".canvas").addEventListener("keydown", (event) => step(place, event));
  }
}

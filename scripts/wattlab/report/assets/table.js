// Every table of the page: sorted by a click on its head, 25 rows at a time, with its rows as CSV. On paper its first rows
// (`paper`: how many), without the columns of controls, and how many more there are in which file.
const plainNumber = (value) => (Number.isInteger(value) ? value.toLocaleString("en-US") : words(value, 4));
const PAGE_ROWS = 25, PAPER_ROWS = 20;

const asText = (inside) => (typeof inside === "number" ? plainNumber(inside) : inside instanceof Node ? inside.textContent : String(inside ?? "") || "none");
const insideOf = (column, row) => (column.show ? column.show(row) : column.value(row));
// What all rows share is said once, above them: the value of a column, the flags (`parts`) of one that lists several.
// The columns that are left, and the sentence; the first one with values stays, since it names the row.
function saidOnce(columns, rows) {
  const said = [], none = [], left = [], named = columns.find((one) => !one.plain);
  for (const column of columns) {
    if (rows.length < 2 || column.plain || column.keep || column === named) { left.push(column); continue; }
    const first = column.value(rows[0]), text = (row) => asText(insideOf(column, row));
    // Rows that are sorted as the same may read otherwise: of an interval the kind or the lower bound alone may be shared.
    if (rows.every((row) => column.value(row) === first) && rows.every((row) => text(row) === text(rows[0]))) {
      if (first === null || first === undefined || first === "") none.push(column.title);
      else said.push(`${column.title}: ${text(rows[0])}`);
      continue;
    }
    const shared = column.parts ? column.parts(rows[0]).filter((one) => rows.every((row) => column.parts(row).includes(one))) : [];
    if (shared.length) said.push(`${column.title}: ${shared.join("; ")}`);
    const others = (row) => column.parts(row).filter((one) => !shared.includes(one)).join("; ");
    left.push(shared.length ? { ...column, show: (row) => (column.show ? column.show(row, others(row)) : others(row)) } : column);
  }
  return { left, once: [said.length ? `The same in every row: ${said.join("; ")}.` : "", none.length ? `None in any row: ${none.join(", ")}.` : ""].join(" ").trim() };
}

// A column: key, title, number (or not), value(row) to sort and save by, show(row) as text or an element. `all`: the rows
// before a choice among them, so that no column comes and goes with it.
function grid(place, given) {
  const { name, rows, all = rows, sort = "", caption = "", csv = null, marked = null, paper = PAPER_ROWS, file = `tables/${name}.csv` } = given;
  const columns = onPaper() ? given.columns.filter((one) => !one.plain) : given.columns;
  const key = `${name}-sort`;
  if (!(key in DEFAULTS)) declare(key, sort);
  const page = place.page = place.page || { at: 0 };
  const [by, down] = [state[key].replace(/^-/, ""), state[key].startsWith("-")];
  const column = columns.find((one) => one.key === by);
  const missing = (one) => one === null || one === undefined || one === "";
  // Missing values last, whichever way it is sorted.
  const ordered = !column ? rows : rows.map((row) => [column.value(row), row]).sort(([a], [b]) => (missing(a) || missing(b)
    ? missing(a) - missing(b) : (down ? -1 : 1) * (typeof a === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true })))).map(([, row]) => row);
  const per = onPaper() ? Math.min(paper, ordered.length) : PAGE_ROWS, pages = onPaper() ? 1 : Math.max(1, Math.ceil(ordered.length / per));
  page.at = Math.min(page.at, pages - 1);
  const again = () => grid(place, given);
  const { left, once } = saidOnce(columns, all);
  const focus = document.activeElement && place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const shown = ordered.slice(page.at * per, (page.at + 1) * per);
  const heads = left.map((one) => el("th", { scope: "col", class: one.number ? "n" : "", "aria-sort": one.key === by ? (down ? "descending" : "ascending") : "none" },
    one.plain ? one.title : button(one.title, () => { set({ [key]: by === one.key && !down ? `-${one.key}` : one.key }); again(); }, { "data-key": one.key })));
  const body = shown.map((row) => el("tr", { class: marked ? marked(row) : "" }, left.map((one) => {
    const inside = insideOf(one, row);
    return el("td", { class: one.number ? "n" : one.wide === "long" ? "long" : one.wide ? "t" : "" }, inside === null || inside === undefined ? "" : typeof inside === "number" ? plainNumber(inside) : inside);
  })));
  const more = ordered.length - shown.length;
  const count = !ordered.length ? "no row" : !onPaper() ? `${page.at * per + 1} to ${page.at * per + shown.length} of ${many(ordered.length, "row")}`
    : more ? `${many(more, shown.length ? "more row" : "row")} not printed: in ${file}, and on the page.` : many(ordered.length, "row");
  const turn = (by_) => () => { page.at += by_; again(); };
  place.replaceChildren(...(once ? [el("p", { class: "note" }, once)] : []),
    onPaper() && !shown.length ? "" : el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `table: ${caption || name}` },
      el("table", {}, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, body))),
    el("div", { class: "tools pager" }, pages > 1 ? button("previous", turn(-1), { disabled: page.at === 0, "data-key": "back" }) : null,
      el("span", { role: "status" }, count), pages > 1 ? button("next", turn(1), { disabled: page.at >= pages - 1, "data-key": "on" }) : null,
      button("CSV", () => save(`${name}.csv`, csv ? csv(ordered)
        : [columns.map((one) => one.title), ...ordered.map((row) => columns.map((one) => one.value(row)))].map(csvLine).join(""), "text/csv"),
      { "aria-label": `${caption || name} as CSV` })));
  const back = focus && place.querySelector(`[data-key="${focus}"]`);
  if (back) back.focus();
}

// A table of the study as its folder has it: numbers rounded, emissions by the chosen grid.
function studyTable(place, name) {
  const { columns, heads, numeric, rows } = DATA.tables[name];
  const value = (one) => (one !== null && typeof one === "object" ? one.kwh * intensity() / one.per : one);
  grid(place, { name, caption: DATA.tables[name].title, rows,
    columns: columns.map((key, at) => ({ key, title: heads[at], number: numeric[at], value: (row) => value(row[at]),
      wide: rows.some((row) => typeof row[at] === "string" && row[at].length > 40) })) });
}

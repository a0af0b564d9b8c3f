// This study and the paper: the audit of its print, or each task beside it.
declare("audit", "");
const ratioOf = (value, printed, scope) => (scope === DATA.paper_scope ? words(value / printed) : `none: ${scope} beside the paper's ${DATA.paper_scope}`);
function drawComparison() {
  const own = DATA.beside.some((other) => other.study === DATA.study) ? "this study" : DATA.study;
  const paper = "the paper", scopes = [DATA.comparison_scope, ...DATA.beside.map((other) => other.scope)];
  const alike = scopes.every((scope) => scope === DATA.paper_scope); // else the scope stands with the study
  const names = [own, ...DATA.beside.map((other) => other.study)].map((name, place) => (alike ? name : `${name} (${scopes[place]})`));
  const studies = [paper, ...names];
  const all = DATA.comparison.flatMap((row) => {
    const printed = row.paper_energy_kwh_per_1000, task = titleOf(row.task);
    return [[paper, printed], [names[0], row.energy_kwh_per_1000], ...DATA.beside.map((other, place) => [names[place + 1], other.energies[row.task]])]
      .filter(([, value]) => value > 0)
      .map(([study, value]) => ({ study, value: 1000 * value, task, title: task, order: printed, shown: amount(1000 * value, "Wh", 3),
        printed: amount(1000 * printed, "Wh", 3), ratio: ratioOf(value, printed, study === paper ? DATA.paper_scope : scopes[names.indexOf(study)]) }));
  }).sort((a, b) => a.order - b.order);
  const titles = distinct(all.filter((row) => row.study !== paper).map((row) => row.title)), rows = all.filter((row) => titles.includes(row.title));
  const columns = [{ key: "task", title: "task", value: (row) => row.task }, { key: "study", title: "study", value: (row) => row.study },
    { key: "wh", title: "Wh per 1,000", number: true, value: (row) => row.value }, { key: "ratio", title: "to the paper", value: (row) => row.ratio }];
  return draw("comparison", { rows, columns, data: { rows }, empty: titles.length ? "" : "Nothing to show: no task has a value here and in the paper.", lines: titles.length * (1 + (studies.length - 1) / 3),
    fill: { $tasks: titles, $studies_domain: studies, $studies_range: studies.map((_, place) => RANGE[place % RANGE.length]), $studies_shapes: studies.map((_, place) => SHAPES[(place + SHAPES.length - 1) % SHAPES.length]) },
    say: (row) => `${row.task}, ${row.study}: ${row.shown}, the paper ${row.printed}, ratio ${row.ratio}`, caption: `Mean energy of each task, Wh per 1,000 inferences, here (${DATA.comparison_scope || "no scope"}) and in Table 2 of the paper (${DATA.paper_scope}), in the paper’s order. ${DATA.order}` });
}
section("paper", { draw: () => {
  if (byId("audit-rows")) {
    const verdicts = distinct(DATA.audit.map((row) => row.verdict));
    options(byId("audit-verdict"), [["", `all ${DATA.audit.length}`], ...verdicts.map((one) => [one, `${one} (${DATA.audit.filter((row) => row.verdict === one).length})`])]);
    byId("audit-verdict").value = state.audit;
    const often = (row) => DATA.audit.filter((one) => one.verdict === row.verdict).length; // on paper first what is not reproduced
    grid(byId("audit-rows"), { name: "audit", caption: "printed numbers", rows: DATA.audit.filter((row) => !state.audit || row.verdict === state.audit).sort((a, b) => (onPaper() ? often(a) - often(b) : 0)), columns: [
      { key: "verdict", title: "verdict", value: (row) => row.verdict, show: (row) => el("span", { class: `verdict ${row.verdict.replaceAll(" ", "-")}` }, row.verdict) },
      { key: "place", title: "where", value: (row) => row.place }, { key: "source", title: "read", value: (row) => row.source }, { key: "text", title: "what", wide: true, value: (row) => row.text },
      { key: "printed", title: "printed", number: true, value: (row) => row.printed }, { key: "here", title: "from the logs", number: true, value: (row) => row.recomputed_as_printed },
      { key: "unit", title: "unit", value: (row) => row.unit }, { key: "why", title: "why", wide: "long", value: (row) => row.why }] });
  }
  return drawComparison();
}, start: () => { if (byId("audit-verdict")) byId("audit-verdict").addEventListener("change", () => set({ audit: byId("audit-verdict").value })); } });

// The paper's claims, put to this study.
declare("verdict", "");
const CLAIM_FIELDS = ["effect_unit", "direction", "section", "interval_kind", "reason"]; // in the CSV only, beside what is shown
const claimsCsv = (columns) => (rows) => [[...columns.map((one) => one.title), ...CLAIM_FIELDS],
  ...rows.map((row) => [...columns.map((one) => one.value(row)), ...CLAIM_FIELDS.map((name) => row[name])])].map(csvLine).join("");
const CLAIM_COLUMNS = [
  { key: "verdict", title: "verdict", value: (row) => row.verdict, show: (row) => el("span", { class: `verdict ${row.verdict.split(" ")[0]}` }, row.verdict) },
  { key: "text", title: "claim", wide: true, value: (row) => row.text, show: (row) => [row.text, el("small", {}, ` section ${row.section}`)] },
  { key: "effect", title: "effect", number: true, value: (row) => row.claim_effect, show: (row) => (row.claim_effect === null ? "" : `${words(row.claim_effect)} ${row.effect_unit || ""}`) },
  { key: "low", title: "interval, low", number: true, value: (row) => row.ci95_low_claim_effect, show: (row) => (row.ci95_low_claim_effect === null ? "" : words(row.ci95_low_claim_effect)) },
  { key: "high", title: "interval, high", number: true, value: (row) => row.ci95_high_claim_effect, show: (row) => (row.ci95_high_claim_effect === null ? "" : words(row.ci95_high_claim_effect)) },
  { key: "threshold", title: "claimed", number: true, value: (row) => row.threshold_effect, show: (row) => `${row.direction} ${words(row.threshold_effect)}` },
  { key: "models", title: "models", number: true, value: (row) => row.n_models },
  { key: "why", title: "in words", wide: "long", value: (row) => row.sentence },
];
section("claims", { start: () => {
  const kinds = distinct(DATA.claims.map((row) => row.verdict));
  options(byId("claims-verdict"), [["", `all ${DATA.claims.length}`], ...kinds.map((kind) => [kind, `${kind} (${DATA.claims.filter((row) => row.verdict === kind).length})`])]);
  bind(byId("claims-verdict"), "verdict");
}, draw: () => grid(byId("claims-rows"), { name: "claims", caption: "claims", paper: Infinity, columns: CLAIM_COLUMNS, csv: claimsCsv(CLAIM_COLUMNS),
  rows: DATA.claims.filter((row) => !state.verdict || row.verdict === state.verdict) }) });

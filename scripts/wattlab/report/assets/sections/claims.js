// The paper's claims, put to this study: they stand in the page, the script picks those of a verdict and saves them.
const CLAIM_COLUMNS = { verdict: "verdict", text: "claim", claim_effect: "effect", ci95_low_claim_effect: "interval, low", ci95_high_claim_effect: "interval, high", effect_unit: "unit of the effect",
  interval_kind: "interval_kind", direction: "direction", threshold_effect: "claimed", n_models: "models", exceptions: "alone on the other side", reason: "reason", section: "section", sentence: "in words" };
declare("verdict", "", (one) => one === "" || DATA.claims.some((row) => row.verdict === one));
const claimed = () => DATA.claims.filter((row) => !state.verdict || row.verdict === state.verdict);
section("claims", { start: () => {
  const kinds = distinct(DATA.claims.map((row) => row.verdict));
  options(byId("claims-verdict"), [["", `all ${DATA.claims.length}`], ...kinds.map((kind) => [kind, `${kind} (${DATA.claims.filter((row) => row.verdict === kind).length})`])]);
  bind(byId("claims-verdict"), "verdict");
  byId("claims-csv").addEventListener("click", () => save("claims.csv", [Object.values(CLAIM_COLUMNS), ...claimed().map((row) => Object.keys(CLAIM_COLUMNS).map((key) => row[key]))].map(csvLine).join(""), "text/csv"));
}, draw: () => { for (const one of byId("claims-rows").children) one.hidden = Boolean(state.verdict) && one.dataset.verdict !== state.verdict; } });

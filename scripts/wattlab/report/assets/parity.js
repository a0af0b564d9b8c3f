// Parity: the day on which all inferences together have used as much energy as training and fine-tuning.
const parity = { row: null };
const PER_DAY = [3, 10], TRAINING = [0, 9]; // powers of ten that the sliders run over

const perDay = () => 10 ** Number(byId("parity-perday").value);
const trainingKwh = () => (parity.exact === null ? 10 ** Number(byId("parity-training").value) : parity.exact);
const dayOf = (kwh) => (kwh > 0 ? trainingKwh() / (perDay() * kwh) : null);
const energyWords = (kwh) => `${Number(kwh.toPrecision(6)).toLocaleString("en-US", { maximumSignificantDigits: 6 })} kWh`;
const knownTraining = (row) => row.training_energy_kwh + row.fine_tuning_energy_kwh;
const tasksOf = (row) => [row.min_tasks_parity_inferences, row.max_tasks_parity_inferences].filter((one) => one !== null);
const years = (days) => (days >= 730 ? ` (${words(days / 365.25)} years)` : "");

function showParity() {
  const row = parity.row;
  const kwh = row.inference_energy_kwh;
  const day = dayOf(kwh), low = dayOf(row.ci95_high_inference_energy_kwh), high = dayOf(row.ci95_low_inference_energy_kwh);
  byId("parity-perday-shown").textContent = `${words(perDay())} per day`;
  byId("parity-training-shown").textContent = energyWords(trainingKwh());
  byId("parity-perday").setAttribute("aria-valuetext", `${words(perDay())} inferences per day`);
  byId("parity-training").setAttribute("aria-valuetext", `${words(trainingKwh())} kilowatt-hours`);
  const out = byId("parity-day");
  out.dataset.days = day === null ? "" : String(day);
  const [least, most] = tasksOf(row).map((inferences) => inferences * trainingKwh() / knownTraining(row) / perDay());
  const noise = low === null || high === null ? NO_INTERVAL : `${INTERVAL} of the repeats alone ${words(low)} to ${words(high)}`;
  const span = least === undefined ? noise : `${noise}; by task day ${words(least)} to ${words(most)}`;
  out.textContent = day === null
    ? `No energy per inference is known for ${row.model}: ${row.note || "it is missing"}.`
    : `Inference overtakes training on day ${words(day)}${years(day)}, ${span}: ${energyWords(trainingKwh())} / (${words(perDay())} per day × ${words(kwh)} kWh).`;
  drawParity(row, day, low, high);
}

function drawParity(row, day, low, high) {
  const steps = Array.from({ length: 41 }, (_, at) => (day || 1) * 10 ** (-2 + at / 10));
  const rate = perDay() * row.inference_energy_kwh;
  const rows = steps.map((at) => ({ day: at, kwh: at * rate }));
  const data = { rows, training: [{ kwh: trainingKwh() }], crossing: day === null ? [] : [{ day, low: low ?? day, high: high ?? day }],
    labels: [{ day: steps[0], kwh: trainingKwh(), text: "training and fine-tuning" }] };
  return draw("parity", { scale: "log", data, empty: day === null ? NOTHING : "",
    label: `Chart: energy of all inferences against days of deployment; it meets the training energy on day ${words(day)}.` });
}

function showParityRows() {
  const cell = (text, numeric) => {
    const box = document.createElement("td");
    if (numeric) box.className = "n";
    box.textContent = text;
    return box;
  };
  byId("parity-rows").replaceChildren(...DATA.parity.map((row) => {
    const line = document.createElement("tr");
    const days = row.parity_inferences === null ? null : row.parity_inferences / perDay();
    line.append(cell(row.model), cell(row.energy_method ? `${row.source} (${row.energy_method})` : row.source),
      cell(knownTraining(row).toLocaleString("en-US"), true), cell(words(row.inference_energy_kwh), true),
      cell(words(row.parity_inferences), true),
      cell(interval(row.ci95_low_parity_inferences, row.ci95_high_parity_inferences), true),
      cell(tasksOf(row).map(words).join(" to ") || "none", true),
      cell(row.printed_inferences === null ? "none" : row.printed_inferences.toLocaleString("en-US"), true),
      cell(words(days), true));
    return line;
  }));
}

function chooseParity(place) {
  parity.row = DATA.parity[place];
  parity.exact = knownTraining(parity.row);
  byId("parity-training").value = String(Math.log10(parity.exact));
  showParity();
}

function startParity() {
  const select = byId("parity-model");
  if (!select || !DATA.parity.length) return;
  DATA.parity.forEach((row, place) => select.add(new Option(`${row.model} (${row.source})`, String(place))));
  const first = Math.max(0, DATA.parity.findIndex((row) => row.inference_energy_kwh !== null));
  select.value = String(first);
  [["parity-perday", PER_DAY], ["parity-training", TRAINING]].forEach(([id, [least, most]]) => {
    byId(id).min = String(least);
    byId(id).max = String(most);
  });
  byId("parity-perday").value = "6";
  select.addEventListener("change", () => chooseParity(Number(select.value)));
  byId("parity-perday").addEventListener("input", () => { showParity(); showParityRows(); });
  byId("parity-training").addEventListener("input", () => { parity.exact = null; showParity(); });
  chooseParity(first);
  showParityRows();
}

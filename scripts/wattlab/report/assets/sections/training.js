// Training and inference: the day on which all inferences together have used as much energy as training and fine-tuning.
const TRAINED = DATA.parity.filter((row) => row.own && row.inference_energy_kwh !== null);
const { column: NODE, title: ITS_SCOPE } = DATA.quantities.node;
declare("trained", TRAINED.length ? TRAINED[0].model : "", (one) => TRAINED.some((row) => row.model === one));
declare("trained-task", "");
const knownTraining = (row) => row.training_energy_kwh + row.fine_tuning_energy_kwh;
const years = (days) => (days >= 730 ? ` (${words(days / 365.25, 2)} years)` : "");
// kWh of one inference of a model, by task.
function perInference(model) {
  const cells = CHOSEN.filter((cell) => cell.model === model);
  return distinct(cells.map((cell) => cell.task)).map((task) => [task, meanOf(cells.filter((cell) => cell.task === task).map((cell) => numberOf(cell[NODE]))) / 1000]).filter(([, kwh]) => kwh > 0).sort((a, b) => a[1] - b[1]);
}
function drawTraining() {
  if (!TRAINED.length) return null;
  const row = TRAINED.find((one) => one.model === state.trained), byTask = perInference(row.model), perDay = Number(state.perday);
  options(byId("training-task"), [["", "mean of its tasks"], ...byTask.map(([task]) => [task, titleOf(task)])]);
  const task = byTask.some(([one]) => one === state["trained-task"]) ? state["trained-task"] : "";
  byId("training-task").value = task;
  const kwh = task ? byTask.find(([one]) => one === task)[1] : row.inference_energy_kwh;
  const training = Number(state.training) || knownTraining(row), dayOf = (one) => training / (perDay * one);
  byId("training-kwh").placeholder = String(knownTraining(row));
  const day = dayOf(kwh), ends = byTask.map(([, one]) => dayOf(one)).sort((a, b) => a - b), [low, high] = [ends[0], ends[ends.length - 1]];
  const out = byId("training-day");
  out.dataset.days = String(day);
  out.textContent = `Inference overtakes training on day ${words(day, 2)}${years(day)}${task ? `, doing ${titleOf(task)}` : ", its tasks in equal parts"}; by task between day ${words(low, 2)} (${titleOf(byTask[byTask.length - 1][0])}) and day ${words(high, 2)}${years(high)} (${titleOf(byTask[0][0])}). `
    + `${training.toLocaleString("en-US")} kWh / (${perDay.toLocaleString("en-US")} per day × ${amount(1000 * kwh, "Wh", factorDigits(kwh, (one) => words(dayOf(one), 2) === words(day, 2)))}) = ${words(day, 2)}. The energy of training has no stated uncertainty; the range over tasks is not one of it.`;
  const steps = Array.from({ length: 41 }, (_, at) => day * 10 ** (-2 + at / 10));
  const rows = steps.map((at) => ({ day: at, kwh: at * perDay * kwh }));
  const columns = [{ key: "day", title: "day", number: true, value: (one) => one.day }, { key: "kwh", title: "kWh of all inferences", number: true, value: (one) => one.kwh }];
  return draw("training", { rows, columns, data: { rows, training: [{ kwh: training }], crossing: [{ day, low, high }], labels: [{ day: steps[0], kwh: training, text: "training and fine-tuning" }] },
    say: (one) => `day ${words(one.day, 2)}: ${words(one.kwh, 2)} kWh`,
    caption: `${row.id}: energy of all inferences (${ITS_SCOPE}) against days, at ${perDay.toLocaleString("en-US")} a day; the band runs from the first to the last day by task.` });
}
section("training", { draw: drawTraining, start: () => {
  if (TRAINED.length) {
    options(byId("training-model"), TRAINED.map((row) => [row.model, row.id]));
    bind(byId("training-model"), "trained");
    bindNumber("training-perday", "perday", 1000000);
    declare("training", "", (one) => one === "" || isNumber(1, 1e12)(one));
    bind(byId("training-kwh"), "training", byId("training-kwh-said"));
    byId("training-task").addEventListener("change", () => set({ "trained-task": byId("training-task").value }));
  }
  byId("training-controls").hidden = byId("chart-training").hidden = !TRAINED.length;
  if (!TRAINED.length) byId("training-day").textContent = "No model of this study has a known training energy, so that there is no such day of its own.";
} });

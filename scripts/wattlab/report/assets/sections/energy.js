// What the energy is made of: parts of it by task, as recorded and read otherwise.
const PARTS = { work: "GPUs above their lowest", idle: "GPUs at their lowest", gpu: "GPUs", ram: "RAM", cpu: "CPU" };
const LOGGED = DATA.decomposition.length > 0;
// Rows of parts in Wh per 1,000 inferences; `ram2`: the RAM by the other model, `others`: GPUs that idle beside the one.
function energyRows() {
  if (LOGGED) {
    return DATA.decomposition.filter((row) => row.task).map((row) => {
      const wh = 1000 * row.energy_kwh_per_1000, of = (share) => (share === null ? null : share * wh), split = row.gpu_idle_share !== null;
      const ram = of(row.ram_share), gpu = wh - ram - of(row.cpu_share);
      return { task: row.task, purpose: row.purpose, wh, ram, cpu: of(row.cpu_share), work: split ? of(row.gpu_above_idle_share) : null, idle: split ? of(row.gpu_idle_share) : null, gpu: split || gpu < 1e-9 * wh ? null : gpu,
        others: split ? of(row.gpu_idle_others_share) : null, ram2: row.codecarbon3_ram_kwh_per_1000 === null ? null : 1000 * row.codecarbon3_ram_kwh_per_1000 - wh + ram };
    });
  }
  const groups = distinct(CHOSEN.map((cell) => `${cell.task}|${cell.purpose}`));
  return groups.map((key) => {
    const [task, purpose] = key.split("|"), cells = CHOSEN.filter((cell) => cell.task === task && cell.purpose === purpose);
    const of = (name) => { const mean = meanOf(cells.map((cell) => numberOf(cell[name]))); return mean === null ? null : 1000 * mean; };
    const [gpu, ram, cpu] = ["gpu", "ram", "cpu"].map((one) => of(`energy_${one}_kwh_per_1000`));
    return { task, purpose, gpu, ram, cpu, work: null, idle: null, others: null, wh: (gpu || 0) + ram + cpu, ram2: of("energy_ram_codecarbon_2_kwh_per_1000"), net: of(DATA.quantities.net_node.column) };
  }).filter((row) => row.ram !== null && row.cpu !== null);
}
declare("ram", "recorded", (one) => ["recorded", "other"].includes(one));
declare("gpus", "all", (one) => ["all", "one"].includes(one));
declare("idle", "in", (one) => ["in", "out"].includes(one));
function readAs(row) {
  const net = state.idle === "out";
  return { work: row.work, idle: row.idle === null || net ? null : row.idle - (state.gpus === "one" ? row.others : 0), gpu: row.gpu,
    ram: state.ram === "other" ? row.ram2 : row.ram, cpu: row.cpu };
}
function drawEnergy() {
  const found = energyRows().map((row) => { const parts = readAs(row); return { ...row, parts, total: Object.values(parts).reduce((a, b) => a + (b || 0), 0), title: `${titleOf(row.task)}${row.purpose === "multi-purpose" ? ", multi-purpose" : ""}` }; });
  const order = [...found].sort((a, b) => a.total - b.total), before = [...found].sort((a, b) => a.wh - b.wh);
  const digits = digitsOf(CHOSEN);
  const rows = order.flatMap((row) => Object.entries(row.parts).filter(([, wh]) => wh > 0).map(([part, wh]) => ({ title: row.title, part: PARTS[part], at: Object.keys(PARTS).indexOf(part), value: wh, share: wh / row.wh, shown: amount(wh, "Wh", digits), of: `${Math.round(100 * wh / row.wh)} % of the recorded` })));
  const used = Object.values(PARTS).filter((part) => rows.some((row) => row.part === part));
  const totals = order.map((row) => ({ title: row.title, share: row.total / row.wh, text: amount(row.total, "Wh", digits) }));
  const moved = order.filter((row, at) => row !== before[at]).length;
  const readings = [state.ram === "other" ? `RAM by CodeCarbon ${LOGGED ? 3 : 2}` : "RAM as recorded", ...(used.some((part) => part.startsWith("GPU"))
    ? [state.gpus === "one" ? "one GPU" : "all GPUs that were recorded", state.idle === "out" ? "without the power that GPUs draw at their lowest" : "idle power included"] : [])];
  // Room for the sums, which stand at the ends of the bars; ticks as far as the bars go.
  const most = Math.max(1, ...totals.map((row) => row.share)), room = !onPaper() && byId("chart-energy").clientWidth < 500 ? 1.8 : 1.2;
  const ticks = Array.from({ length: Math.floor(5 * most + 1e-9) + 1 }, (_none, at) => at / 5);
  const columns = [{ key: "title", title: "task", value: (row) => row.title }, { key: "part", title: "part", value: (row) => row.part }, { key: "wh", title: "Wh per 1,000", number: true, value: (row) => row.value }, { key: "share", title: "share of the recorded", number: true, value: (row) => row.share }];
  return draw("energy", { scale: "linear", rows, columns, data: { rows, totals }, lines: order.length, fill: { $shares: [0, room * most], $ticks: ticks, $titles: order.map((row) => row.title), $parts: used, $colours: used.map((part) => DATA.part_colours[part]) },
    say: (row) => `${row.title}, ${row.part}: ${row.shown}, ${row.of}`, empty: rows.length ? "" : "Nothing to show: the parts of the energy are not known.",
    caption: `Read with: ${readings.join(", ")}. Bars are shares of the node's energy as recorded; the number is Wh per 1,000 inferences. Tasks in ascending order of what is shown${moved ? `; ${many(moved, "place")} of the order changed by this reading` : ", which is that of the recorded energy"}.` });
}
section("energy", { draw: drawEnergy, start: () => {
  const rows = energyRows(), any = (name) => rows.some((row) => row[name] !== null && row[name] !== undefined);
  options(byId("energy-ram"), [["recorded", "as recorded"], ["other", `CodeCarbon ${LOGGED ? 3 : 2}'s`, any("ram2") ? "" : "not known here"]]);
  options(byId("energy-gpus"), [["all", "all that was recorded"], ["one", "one GPU", any("others") ? "" : any("gpu") ? "what the others drew is not known" : "the machine has none"]]);
  options(byId("energy-idle"), [["in", "in"], ["out", "out", any("idle") ? "" : "not known by part"]]);
  for (const key of ["ram", "gpus", "idle"]) bind(byId(`energy-${key}`), key);
} });

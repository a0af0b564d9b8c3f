// The sections, drawn when they come near the window and again when the state changes; print, dark mode and the start.
const near = new Set(), stale = new Set(Object.keys(SECTIONS));
const drawings = {}; // section -> its latest drawing
const drawThose = (wanted) => Promise.all([...stale].filter(wanted).map((name) => { stale.delete(name); drawings[name] = SECTIONS[name].draw(); return drawings[name]; }));
const drawNear = (all = false) => drawThose((name) => all || near.has(name));
function again() {
  Object.keys(SECTIONS).forEach((name) => stale.add(name));
  byId("bar-said").textContent = `${scopeTitle()}; ${gridWords()}`;
  return drawNear();
}
function watch() {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) near.add(entry.target.id); else near.delete(entry.target.id);
    drawNear();
  }, { rootMargin: "300px" });
  Object.keys(SECTIONS).forEach((name) => watcher.observe(byId(name)));
}
// On paper: everything drawn, at the paper's width, with what is folded open, but tables and what is there to be copied.
function toPaper() {
  document.body.classList.add("paper");
  document.querySelectorAll("details:not([data-table], .screen)").forEach((one) => { if (!one.open) { one.open = true; one.dataset.closed = "yes"; } });
  Object.keys(SECTIONS).forEach((name) => stale.add(name));
  return drawNear(true);
}
function fromPaper() {
  document.body.classList.remove("paper");
  document.querySelectorAll("details[data-closed]").forEach((one) => { one.open = false; delete one.dataset.closed; });
  again();
}
// What stands above a place is drawn first: what it grows by would push the place out of the window.
async function goTo(name) {
  const place = name && byId(name);
  if (!place) return;
  near.add(name);
  drawThose((one) => near.has(one) || byId(one).compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING);
  await Promise.all(Object.values(drawings));
  place.scrollIntoView();
}

startCharts();
Object.values(SECTIONS).forEach(({ start }) => { if (start) start(); });
watchers.push(again);
addEventListener("popstate", readAddress);
addEventListener("beforeprint", toPaper);
addEventListener("afterprint", fromPaper);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
addEventListener("resize", () => { clearTimeout(watch.later); watch.later = setTimeout(again, 150); });
document.addEventListener("toggle", (event) => { if (event.target.matches && event.target.matches("details[data-table][open]")) drawOpen(); }, true);
// A link of the contents leads to its section and leaves the state in the address.
document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a[href^='#']");
  if (!link) return;
  event.preventDefault();
  const name = link.getAttribute("href").slice(1);
  history.pushState(null, "", address({ at: name }));
  goTo(name);
});
document.querySelectorAll("[data-copy]").forEach((one) => one.addEventListener("click", () => copy(byId(one.dataset.copy).textContent, one)));
readAddress();
near.add("tasks");
drawNear().then(async () => {
  watch();
  await goTo(given().get("at") || (location.hash.includes("=") ? "" : location.hash.slice(1)));
  document.body.dataset.ready = "yes";
});

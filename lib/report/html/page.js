// What the report's page does when it is used: choose a measure, order bars, sort and filter the table, tell of a layer under the
// pointer. Without it the page shows everything.
// @ts-nocheck: it runs in a browser, and is written into the page as it stands.

for (const report of document.querySelectorAll("section.report")) {
  const all = (selector) => [...report.querySelectorAll(selector)];
  const bodyRows = all("table.layers tbody tr");

  // Bars: one list a measure.
  const lists = all(".bars");
  const order = report.querySelector("select.order");
  const inOrder = new Map(lists.map((list) => [list, [...list.children]]));
  const showMeasure = (measure) => lists.forEach((list) => list.hidden = list.dataset.measure !== measure);
  const orderBars = () => {
    for (const [list, items] of inOrder) {
      const sorted = order.value === "largest"
        ? [...items].sort((a, b) => Number(b.dataset.value) - Number(a.dataset.value))
        : items;
      list.append(...sorted);
      rove(list);
    }
  };
  for (const radio of all("input.measure")) radio.addEventListener("change", () => showMeasure(radio.value));
  showMeasure(all("input.measure:checked")[0]?.value);
  order?.addEventListener("change", orderBars);

  // Kinds and words decide what is shown, everywhere.
  const search = report.querySelector("input[type=search]");
  const status = report.querySelector(".shown");
  const filter = () => {
    const off = new Set(all("input.kind:not(:checked)").map((box) => box.value));
    const words = (search?.value ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
    const visible = new Set();
    for (const row of bodyRows) {
      const text = row.textContent.toLowerCase();
      row.hidden = off.has(row.dataset.kind) || !words.every((word) => text.includes(word));
      if (!row.hidden) visible.add(row.id);
    }
    for (const item of all(".bars li")) item.hidden = !visible.has(item.dataset.layer);
    for (const mark of all("svg a")) mark.classList.toggle("dim", !visible.has(mark.dataset.layer));
    if (status) status.textContent = `${visible.size} of ${bodyRows.length}`;
  };
  for (const box of all("input.kind")) box.addEventListener("change", filter);
  search?.addEventListener("input", filter);
  if (bodyRows.length > 0 && search) filter();

  // One stop of the tab key for each drawing; arrows go on within it.
  for (const list of lists) rove(list);
  for (const drawing of all(".graph, .plot")) rove(drawing);
}

// Columns: numbers by their exact value, unknown ones last; a third click brings back the network's order.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    header.querySelector("button")?.addEventListener("click", () => {
      const numeric = header.classList.contains("number");
      const turns = numeric ? ["descending", "ascending", "none"] : ["ascending", "descending", "none"];
      const turn = turns[(turns.indexOf(header.getAttribute("aria-sort")) + 1) % 3];
      headers.forEach((other) => other.querySelector("button") && other.setAttribute("aria-sort", "none"));
      header.setAttribute("aria-sort", turn);
      const sign = turn === "ascending" ? 1 : -1;
      const value = (row) => {
        const { dataset, textContent } = row.cells[column];
        if (!numeric) return textContent;
        return dataset.value === undefined ? null : Number(dataset.value);
      };
      const compare = (a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
        return sign * (numeric ? x - y : x.localeCompare(y, "en", { numeric: true }));
      };
      body.append(...(turn === "none" ? rows : [...rows].sort(compare)));
    });
  });
}

// What is under the pointer, or has the focus, tells all of its table's row.
const tip = document.getElementById("tip");
const tellOf = (event) => {
  const mark = event.target.closest?.("[data-layer]");
  const row = mark && document.getElementById(mark.dataset.layer);
  tip.hidden = !row;
  if (!row) return;
  const names = [...row.closest("table").tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const lines = [...row.cells].map((cell, i) => [names[i], cell.textContent.trim()]).filter(([, text]) => text !== "");
  tip.textContent = lines.map(([name, text], i) => i === 0 || name === "" ? text : `${name}: ${text}`).join("\n");
  const box = mark.getBoundingClientRect();
  const x = event.clientX ?? box.left;
  const y = event.clientY ?? box.bottom;
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${y + 18 + tip.offsetHeight > innerHeight ? Math.max(4, y - tip.offsetHeight - 12) : y + 18}px`;
};
addEventListener("mousemove", tellOf);
addEventListener("focusin", tellOf);
addEventListener("focusout", () => tip.hidden = true);
addEventListener("keydown", (event) => {
  if (event.key === "Escape") tip.hidden = true;
});

function rove(group) {
  const items = [...group.querySelectorAll("a")];
  items.forEach((item, i) => item.setAttribute("tabindex", i === 0 ? "0" : "-1"));
  group.onkeydown = (event) => {
    const shown = items.filter((item) => !item.closest("[hidden], .dim"));
    const at = shown.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0 }[event.key] ??
      (event.key === "End" ? shown.length - 1 : undefined);
    if (at < 0 || next === undefined || !shown[next]) return;
    event.preventDefault();
    items.forEach((item) => item.setAttribute("tabindex", "-1"));
    shown[next].setAttribute("tabindex", "0");
    shown[next].focus();
  };
}

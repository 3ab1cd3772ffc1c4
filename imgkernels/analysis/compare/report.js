"use strict";
// The table is whole without this: it only sorts rows and hides those that are not asked for.
(() => {
  const table = document.getElementById("kernels");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const search = document.getElementById("search");
  const layer = document.getElementById("layer");
  const kinds = [...document.querySelectorAll("input[name=kind]")];
  const count = document.getElementById("count");

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(kinds.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !(
        wanted.has(row.dataset.kind) &&
        (layer.value === "" || row.dataset.layer === layer.value) &&
        words.every((word) => text.includes(word))
      );
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} kernels shown`;
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    const value = cell.dataset.v;
    if (value === undefined) return cell.textContent.trim().toLowerCase();
    return value === "" ? NaN : Number(value);
  };

  const sort = (column) => {
    const head = heads[column];
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const keyed = rows.map((row, place) => [key(row, column), place, row]);
    keyed.sort(([a, i], [b, j]) => {
      const missing = Number.isNaN(a) - Number.isNaN(b); // what has no value comes last
      if (missing) return missing;
      const order = typeof a === "string" ? a.localeCompare(b) : a - b;
      return (up ? order : -order) || i - j;
    });
    body.append(...keyed.map(([, , row]) => row));
  };

  heads.forEach((head, column) => {
    head.querySelector("button")?.addEventListener("click", () => sort(column));
  });
  search.addEventListener("input", show);
  layer.addEventListener("change", show);
  kinds.forEach((box) => box.addEventListener("change", show));
  document.querySelector(".controls").hidden = false;
  show();
})();

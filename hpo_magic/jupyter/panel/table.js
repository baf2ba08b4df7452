// A table of trials: headers sort, rows open, both by mouse and by keyboard. Text is set as text, never as HTML.
function render({ model, el }) {
  el.classList.add("hpo-table");
  const press = (node, message) => {
    node.dataset.key = JSON.stringify(message);
    // On the way down: a row that is drawn anew before the button comes up would hear of no click. One without a mouse
    // counts none.
    node.addEventListener("mousedown", (event) => {
      if (event.button === 0) model.send(message);
    });
    node.addEventListener("click", (event) => {
      if (event.detail === 0) model.send(message);
    });
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        model.send(message);
      }
    });
    node.tabIndex = 0;
  };
  const make = (kind, text, parent) => {
    const node = document.createElement(kind);
    node.textContent = text;
    parent.appendChild(node);
    return node;
  };
  const draw = () => {
    const data = model.get("data");
    const before = el.querySelector(".hpo-scroll");
    const [top, left] = [before?.scrollTop ?? 0, before?.scrollLeft ?? 0];
    const frame = document.createElement("div");
    frame.className = "hpo-scroll";
    const table = document.createElement("table");
    const head = make("tr", "", make("thead", "", table));
    (data.columns ?? []).forEach((column, place) => {
      const sorted = data.sort?.[0] === place;
      const cell = make("th", column + (sorted ? (data.sort[1] ? " ▾" : " ▴") : ""), head);
      cell.setAttribute("aria-sort", sorted ? (data.sort[1] ? "descending" : "ascending") : "none");
      cell.title = `sort by ${column}`;
      press(cell, { sort: place });
    });
    const body = make("tbody", "", table);
    (data.rows ?? []).forEach((row) => {
      const line = make("tr", "", body);
      line.className = `hpo-trial ${row.state}${row.number === data.chosen ? " chosen" : ""}`;
      line.dataset.trial = row.number;
      line.setAttribute("aria-selected", row.number === data.chosen);
      row.cells.forEach((text) => make("td", text, line));
      press(line, { open: row.number });
    });
    frame.appendChild(table);
    const foot = document.createElement("div");
    foot.className = "hpo-pages";
    make("span", data.footer ?? "", foot);
    if (data.pages > 1) {
      for (const [text, step] of [["‹ earlier rows", -1], ["later rows ›", 1]]) {
        const button = make("button", text, foot);
        button.disabled = data.page + step < 0 || data.page + step >= data.pages;
        button.dataset.key = `turn ${step}`;
        button.addEventListener("click", () => model.send({ turn: step }));
      }
    }
    const focused = el.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    el.replaceChildren(frame, foot);
    frame.scrollTop = top;
    frame.scrollLeft = left;
    if (focused !== undefined) el.querySelector(`[data-key='${focused}']`)?.focus();
  };
  model.on("change:data", draw);
  draw();
}
export default { render };

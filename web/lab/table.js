// The numbers behind a chart. What is there is kept from one redraw to the next; only texts that changed are touched.

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {HTMLTableElement} table
 * @param {{caption: string, head: string[], rows: string[][]}} content the first cell of a row is its heading
 */
export function fillTable(table, { caption, head, rows }) {
  write(table.caption ?? table.createCaption(), caption);
  const top = table.tHead ?? table.createTHead();
  fillRow(top.rows[0] ?? top.insertRow(), head, () => "col");
  const body = table.tBodies[0] ?? table.createTBody();
  while (body.rows.length > rows.length) body.lastElementChild.remove();
  rows.forEach((cells, at) => fillRow(body.rows[at] ?? body.insertRow(), cells, (column) => (column === 0 ? "row" : null)));
}

function fillRow(row, cells, scopeOf) {
  while (row.cells.length > cells.length) row.lastElementChild.remove();
  cells.forEach((text, column) => write(row.cells[column] ?? row.appendChild(cell(scopeOf(column))), text));
}

function cell(scope) {
  if (scope === null) return document.createElement("td");
  return Object.assign(document.createElement("th"), { scope });
}

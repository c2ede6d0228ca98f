// Rows of cells as text: the first column to the left, the others to the right.

export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join("   "),
    )
    .join("\n");
}

export function short(number) {
  return number >= 100 ? Math.round(number).toLocaleString("en") : number.toFixed(number >= 10 ? 1 : 2);
}

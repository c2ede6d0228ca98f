// The SQLite library that Quern would use here.

export async function openDriver() {
  return (await import("../dist/store/sqlite/sqlite-driver.js")).loadSqlite();
}

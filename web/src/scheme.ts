// Runs before the first paint, from a file of its own because nothing may stand inline: the chosen looks, so that dark never flashes light.
{
  const chosen = localStorage.getItem("quern.scheme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  document.documentElement.toggleAttribute("data-dense", localStorage.getItem("quern.dense") === "on");
}

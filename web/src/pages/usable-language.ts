// To be imported before uPlot, which makes a number format of the browser's language as it loads: a browser may report what Intl
// refuses, such as "en-US@posix" where the system has no language, and then no page with a chart would come up.
import { locale } from "../messages.ts";

try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: locale, configurable: true });
}

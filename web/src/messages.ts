// The words of the app, in the user's language. One file a language; English is all there is yet.
import { en } from "./messages/en.ts";

export type Messages = typeof en;

export const text: Messages = en;

/** For numbers and dates: the browser's English, else British (day before month). */
export const locale: string = navigator.languages.find(isEnglish) ?? "en-GB";

// A browser may report what Intl refuses: "en-US@posix".
function isEnglish(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0 && tag.startsWith("en-");
  } catch {
    return false;
  }
}

// The words of the app, in the user's language. One file a language; English is all there is yet.
import { en } from "./messages/en.ts";

export type Messages = typeof en;

export const text: Messages = en;

/** For numbers and dates: the browser's English, or British (day before month). */
export const locale: string = navigator.languages.find((one) => one.startsWith("en-")) ?? "en-GB";

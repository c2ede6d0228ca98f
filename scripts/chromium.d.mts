// The types of chromium.mjs, for the tests.
import type { Browser } from "playwright-core";

export function launchChromium(): Promise<Browser>;

// Stands where the element stands that opened a popup, so that hundreds of buttons share one menu.
import type { Ref, ReactElement } from "react";
import css from "./overlays.module.css";

/** Mantine gives its target words for screen readers; the button that opened it has those, and this is nothing to read. */
export function Anchor({ element, ref }: { element: HTMLElement; ref?: Ref<HTMLSpanElement> }): ReactElement {
  const { left, top, width, height } = element.getBoundingClientRect();
  return <span ref={ref} className={css.anchor} style={{ left, top, width, height }} aria-hidden="true" />;
}

/** The keyboard goes back to where it came from, unless it has gone elsewhere by itself. */
export function returnFocus(element: HTMLElement | null): void {
  requestAnimationFrame(() => {
    const active = document.activeElement;
    if ((active === null || active === document.body) && element?.isConnected) {
      element.focus({ preventScroll: true });
    }
  });
}

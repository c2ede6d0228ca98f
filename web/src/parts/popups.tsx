// Menus, panels, dialogs and suggestions: used from here, fetched when the page is idle or somebody comes near.
import { type ComponentProps, lazy, type ReactElement, Suspense, useCallback, useRef, useState } from "react";
import type * as overlaysChunk from "../overlays/overlays.tsx";
import type { SuggestInputProps } from "../overlays/suggest-input.tsx";

type Overlays = typeof overlaysChunk;
export type { MenuEntry } from "../overlays/menu.tsx";

let loading: Promise<Overlays> | undefined;

function loadOverlays(): Promise<Overlays> {
  loading ??= import("../overlays/overlays.tsx");
  return loading;
}

/** Called once: nobody waits for the first menu. */
export function fetchOverlaysSoon(): void {
  const soon = (): void => {
    window.removeEventListener("pointermove", soon);
    window.removeEventListener("keydown", soon);
    void loadOverlays().then((overlays) => overlays.startTips());
  };
  window.addEventListener("pointermove", soon, { once: true });
  window.addEventListener("keydown", soon, { once: true });
  if ("requestIdleCallback" in window) window.requestIdleCallback(soon, { timeout: 3000 });
  else setTimeout(soon, 1000);
}

const LazyPopup = lazy(async () => ({ default: (await loadOverlays()).Popup }));
const LazyMenu = lazy(async () => ({ default: (await loadOverlays()).MenuPopup }));
const LazyDialog = lazy(async () => ({ default: (await loadOverlays()).Dialog }));
const LazySide = lazy(async () => ({ default: (await loadOverlays()).SideSheet }));
const LazySuggest = lazy(async () => ({
  default: (await import("../overlays/suggest-input.tsx")).SuggestInput,
}));

/** Anything, in a small panel beside what opened it; a sheet from below on a phone. */
export function Popup(props: ComponentProps<typeof LazyPopup>): ReactElement {
  return (
    <Suspense>
      <LazyPopup {...props} />
    </Suspense>
  );
}

export function MenuPopup(props: ComponentProps<typeof LazyMenu>): ReactElement {
  return (
    <Suspense>
      <LazyMenu {...props} />
    </Suspense>
  );
}

export function Dialog(props: ComponentProps<typeof LazyDialog>): ReactElement {
  return (
    <Suspense>
      <LazyDialog {...props} />
    </Suspense>
  );
}

/** From the edge of the page: the navigation of a phone. */
export function SideSheet(props: ComponentProps<typeof LazySide>): ReactElement {
  return (
    <Suspense>
      <LazySide {...props} />
    </Suspense>
  );
}

export function SuggestInput(props: SuggestInputProps): ReactElement {
  return (
    <Suspense
      fallback={
        <input
          id={props.id}
          className={props.className}
          value={props.value}
          aria-describedby={props.describedBy}
          readOnly
        />
      }
    >
      <LazySuggest {...props} />
    </Suspense>
  );
}

// The press that closes a popup from outside is followed by a click on what opened it; the click of that one gesture must not open
// it again, another one must, however soon it comes.
let gesture = 0;
for (const begin of ["pointerdown", "keydown"]) window.addEventListener(begin, () => gesture++, true);

export interface Opened {
  anchor: HTMLElement | null;
  isOpen: boolean;
  toggle: (anchor: HTMLElement) => void;
  close: () => void;
}

export function useOpened(): Opened {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const closed = useRef({ by: -1, anchor: null as HTMLElement | null });
  const close = useCallback(() => {
    setAnchor((before) => {
      closed.current = { by: gesture, anchor: before };
      return null;
    });
  }, []);
  const toggle = useCallback((from: HTMLElement) => {
    const justClosed = closed.current.anchor === from && closed.current.by === gesture;
    setAnchor((before) => (before === from || justClosed ? null : from));
  }, []);
  return { anchor, isOpen: anchor !== null, toggle, close };
}

// What stands around every page: navigation, the bar that shows debug, operations under way, and the keys that work everywhere.
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { type ReactElement, useEffect, useRef, useState } from "react";
import { useBoot } from "../boot-context.ts";
import { useKeys } from "../keys.ts";
import { isLiveOn, setLive, startLive } from "../live.ts";
import { toggleScheme, usePhone } from "../looks.ts";
import { text } from "../messages.ts";
import { IconButton } from "../parts/button.tsx";
import { Mark } from "../parts/icon.tsx";
import { SideSheet } from "../parts/popups.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { KeysDialog } from "./keys-dialog.tsx";
import { Navigation } from "./navigation.tsx";
import { OperationsStrip } from "./operations-strip.tsx";
import css from "./shell.module.css";

export function Shell(): ReactElement {
  const boot = useBoot();
  const phone = usePhone();
  const [menuOpen, setMenuOpen] = useState(false);
  const [keysOpen, setKeysOpen] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(startLive, []);
  useEffect(() => setMenuOpen(false), [path]);
  useFocusOnPage();
  useShellKeys(() => setKeysOpen(true));
  const brand = (
    <Link to="/" className={css.brand}>
      <Mark />
      <span className={css.names}>
        <span className={css.name}>{boot.label}</span>
        {boot.environment && (
          <span className={css.environment} data-environment={boot.environment}>
            {boot.environment}
          </span>
        )}
      </span>
    </Link>
  );
  return (
    <div className={css.shell}>
      <a href="#main" className={css.skip}>
        {text.shell.skip}
      </a>
      {phone ? (
        <aside className={css.top} aria-label={boot.label}>
          <IconButton icon="menu" label={text.shell.menu} onClick={() => setMenuOpen(true)} />
          {brand}
          <AccountMenu small openKeys={() => setKeysOpen(true)} />
        </aside>
      ) : (
        <aside className={css.side} aria-label={boot.label}>
          {brand}
          <Navigation />
          <AccountMenu openKeys={() => setKeysOpen(true)} />
        </aside>
      )}
      <div className={css.page}>
        {(boot.debug || boot.readOnly) && (
          <aside className={css.debug} aria-label={text.shell.notices}>
            {boot.debug && <p>{text.shell.debug}</p>}
            {boot.readOnly && <p>{text.shell.readOnly}</p>}
          </aside>
        )}
        <OperationsStrip />
        <main id="main" className={css.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {menuOpen && (
        <SideSheet label={boot.label} onClose={() => setMenuOpen(false)}>
          <Navigation />
        </SideSheet>
      )}
      {keysOpen && <KeysDialog onClose={() => setKeysOpen(false)} />}
    </div>
  );
}

/** What had the focus went with its page: the keyboard goes on in the new one, and not at the beginning of the document. */
function useFocusOnPage(): void {
  const shown = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef(shown);
  useEffect(() => {
    const came = before.current !== undefined && before.current !== shown;
    before.current = shown;
    if (came && document.activeElement === document.body)
      document.getElementById("main")?.focus({ preventScroll: true });
  }, [shown]);
}

function useShellKeys(showKeys: () => void): void {
  const { models } = useBoot();
  const navigate = useNavigate();
  const jumps = Object.fromEntries(
    models.flatMap(({ navigation, path }) =>
      navigation?.key ? [[`g ${navigation.key}`, () => void navigate({ to: `/${path}` })]] : [],
    ),
  );
  useKeys({
    ...jumps,
    "g o": () => void navigate({ to: "/" }),
    t: toggleScheme,
    l: () => setLive(!isLiveOn()),
    "?": showKeys,
  });
}

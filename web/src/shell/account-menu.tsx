// Who is logged in, the looks, live updates and the keys.
import { useQueryClient } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import { messageOf, post } from "../api.ts";
import { useBoot } from "../boot-context.ts";
import { areKeysOn, setKeys } from "../keys.ts";
import { isLiveOn, setLive, useLiveState } from "../live.ts";
import { chooseDense, chooseScheme, useScheme } from "../looks.ts";
import { text } from "../messages.ts";
import { IconButton } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { MenuPopup, useOpened } from "../parts/popups.tsx";
import { toast } from "../parts/toasts.tsx";
import { bootQuery } from "../queries.ts";
import css from "./account-menu.module.css";

export function AccountMenu({ small, openKeys }: { small?: boolean; openKeys: () => void }): ReactElement {
  const boot = useBoot();
  const { chosen, dense } = useScheme();
  const opened = useOpened();
  const logOut = useLogOut();
  const [keys, setKeysShown] = useState(areKeysOn);
  const live = isLiveOn();
  useLiveState();
  const groups = [
    (["light", "dark", "system"] as const).map((scheme) => ({
      label: text.shell.scheme[scheme],
      icon: ({ light: "sun", dark: "moon", system: "system" } as const)[scheme],
      checked: chosen === scheme,
      choose: () => chooseScheme(scheme),
    })),
    [
      { label: text.shell.dense, icon: "queue" as const, checked: dense, choose: () => chooseDense(!dense) },
      { label: text.shell.live, icon: "live" as const, checked: live, choose: () => setLive(!live) },
      {
        label: text.shell.keysOn,
        icon: "keyboard" as const,
        checked: keys,
        choose: () => {
          setKeys(!keys);
          setKeysShown(!keys);
        },
      },
    ],
    [{ label: text.shell.keys, icon: "info" as const, shortcut: "?", choose: openKeys }],
    boot.login ? [{ label: text.shell.logOut, icon: "logout" as const, choose: () => void logOut() }] : [],
  ];
  const name = boot.user?.name ?? "";
  return (
    <div className={css.account}>
      {small ? (
        <IconButton
          icon="dots"
          label={text.shell.account}
          aria-haspopup="menu"
          aria-expanded={opened.isOpen}
          onClick={(event) => opened.toggle(event.currentTarget)}
        />
      ) : (
        <>
          <Status />
          <button
            type="button"
            className={css.who}
            aria-haspopup="menu"
            aria-expanded={opened.isOpen}
            onClick={(event) => opened.toggle(event.currentTarget)}
          >
            <span className={css.initial} aria-hidden="true">
              {name.slice(0, 1).toUpperCase()}
            </span>
            <span className={css.name}>
              {name}
              <span className={css.role}>{boot.user?.role}</span>
            </span>
            <Icon name="dots" />
          </button>
        </>
      )}
      {opened.anchor && (
        <MenuPopup
          anchor={opened.anchor}
          label={text.shell.account}
          groups={groups}
          onClose={opened.close}
          end={small ?? false}
        />
      )}
    </div>
  );
}

function Status(): ReactElement {
  const { database, version } = useBoot();
  const state = useLiveState();
  return (
    <p className={css.status}>
      <span className={css.light} data-state={state} />
      <span>{text.shell.liveState[state]}</span>
      <span className={css.database} data-tip={`${database}\nQuern ${version}`}>
        <bdi>{database}</bdi>
      </span>
    </p>
  );
}

function useLogOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    try {
      await post("logout", {});
      queries.clear();
      await queries.invalidateQueries({ queryKey: bootQuery.queryKey });
      window.location.reload();
    } catch (error) {
      toast({ tone: "bad", title: messageOf(error).message });
    }
  };
}

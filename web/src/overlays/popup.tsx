// A small panel beside what opened it; on a phone a sheet from below.
import { Popover } from "@mantine/core";
import { type ReactElement, type ReactNode, useEffect } from "react";
import { usePhone } from "../looks.ts";
import { Anchor, returnFocus } from "./anchor.tsx";
import { Sheet } from "./dialog.tsx";
import css from "./overlays.module.css";
import { Provided } from "./provided.tsx";

export function Popup({
  anchor,
  label,
  onClose,
  children,
  width = 280,
  end = false,
}: {
  anchor: HTMLElement;
  label: string;
  onClose: () => void;
  children: ReactNode;
  width?: number;
  /** Its end stands under the end of what opened it. */
  end?: boolean;
}): ReactElement {
  const phone = usePhone();
  useEffect(() => () => returnFocus(anchor), [anchor]);
  if (phone) {
    return (
      <Sheet label={label} onClose={onClose}>
        {children}
      </Sheet>
    );
  }
  return (
    <Provided>
      <Popover
        opened
        onChange={(opened) => !opened && onClose()}
        position={end ? "bottom-end" : "bottom-start"}
        offset={5}
        width={width}
        trapFocus
        withRoles={false}
        transitionProps={{ duration: 0 }}
        classNames={{ dropdown: css.popup ?? "" }}
      >
        <Popover.Target>
          <Anchor element={anchor} />
        </Popover.Target>
        <Popover.Dropdown role="dialog" aria-label={label}>
          {children}
        </Popover.Dropdown>
      </Popover>
    </Provided>
  );
}

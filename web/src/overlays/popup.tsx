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
  bare = false,
}: {
  anchor: HTMLElement;
  label: string;
  onClose: () => void;
  children: ReactNode;
  width?: number;
  /** Its end stands under the end of what opened it. */
  end?: boolean;
  /** What is inside brings its own role and takes the focus itself. */
  bare?: boolean;
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
        hideDetached={false}
        width={width}
        trapFocus={!bare}
        withRoles={false}
        transitionProps={{ duration: 0 }}
        classNames={{ dropdown: css.popup ?? "" }}
      >
        <Popover.Target>
          <Anchor element={anchor} />
        </Popover.Target>
        <Popover.Dropdown {...(!bare && { role: "dialog", "aria-label": label })}>
          {children}
        </Popover.Dropdown>
      </Popover>
    </Provided>
  );
}

// A dialog in the middle, a sheet from below on a phone, or from the side; the page behind it waits.
import { Modal } from "@mantine/core";
import { type ReactElement, type ReactNode, useEffect, useRef } from "react";
import { usePhone } from "../looks.ts";
import { text } from "../messages.ts";
import { returnFocus } from "./anchor.tsx";
import css from "./overlays.module.css";
import { Provided } from "./provided.tsx";

interface Props {
  label: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}

const classNames = {
  content: css.content ?? "",
  header: css.header ?? "",
  title: css.title ?? "",
  close: css.close ?? "",
  body: css.body ?? "",
  overlay: css.backdrop ?? "",
};

const same = {
  opened: true,
  lockScroll: false,
  returnFocus: false,
  closeButtonProps: { "aria-label": text.close },
  transitionProps: { duration: 0 },
} as const;

function useReturn(): void {
  const before = useRef(document.activeElement);
  useEffect(() => {
    const element = before.current;
    return () => returnFocus(element instanceof HTMLElement ? element : null);
  }, []);
}

export function Dialog({ label, onClose, children, wide }: Props): ReactElement {
  const phone = usePhone();
  useReturn();
  if (phone) {
    return (
      <Sheet label={label} onClose={onClose}>
        {children}
      </Sheet>
    );
  }
  return (
    <Provided>
      <Modal
        {...same}
        title={label}
        onClose={onClose}
        size={wide ? 760 : 480}
        centered
        classNames={{ ...classNames, inner: css.inner ?? "" }}
      >
        {children}
      </Modal>
    </Provided>
  );
}

/** From below. */
export function Sheet({ label, onClose, children }: Props): ReactElement {
  return (
    <Provided>
      <Modal
        {...same}
        title={label}
        onClose={onClose}
        size="100%"
        xOffset={0}
        yOffset={0}
        classNames={{ ...classNames, inner: css.below ?? "", content: `${css.content} ${css.sheet}` }}
      >
        {children}
      </Modal>
    </Provided>
  );
}

export function SideSheet({ label, onClose, children }: Props): ReactElement {
  useReturn();
  return (
    <Provided>
      <Modal
        {...same}
        title={label}
        onClose={onClose}
        size={290}
        xOffset={0}
        yOffset={0}
        classNames={{ ...classNames, inner: css.beside ?? "", content: `${css.content} ${css.side}` }}
      >
        {children}
      </Modal>
    </Provided>
  );
}

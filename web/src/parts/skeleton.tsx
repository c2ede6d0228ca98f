// What stands where rows or fields will be, while they are on their way.
import type { ReactElement } from "react";
import { text } from "../messages.ts";
import css from "./skeleton.module.css";

const lines = Array.from({ length: 8 }, (_, index) => index);

export function Skeleton(): ReactElement {
  return (
    <div role="status">
      <p className="hidden">{text.loading}</p>
      <div className={css.skeleton} aria-hidden="true">
        {lines.map((line) => (
          <span key={line} />
        ))}
      </div>
    </div>
  );
}

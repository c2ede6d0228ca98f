// A text input that proposes values as one types; any other text may be typed too.
import { Autocomplete } from "@mantine/core";
import "./mantine-variables.css";
import "@mantine/core/styles/Popover.layer.css";
import "@mantine/core/styles/Input.layer.css";
import "@mantine/core/styles/Combobox.layer.css";
import type { ReactElement } from "react";
import css from "./overlays.module.css";
import { Provided } from "./provided.tsx";

export interface SuggestInputProps {
  id?: string;
  value: string;
  onChange: (value: string) => void;
  /** One of the values was picked, not typed. */
  onPick?: (value: string) => void;
  values: string[];
  className?: string | undefined;
  placeholder?: string;
  disabled?: boolean;
  label?: string;
  describedBy?: string | undefined;
  invalid?: boolean;
  limit?: number;
}

const usualLimit = 20;

export function SuggestInput(props: SuggestInputProps): ReactElement {
  return (
    <Provided>
      <Autocomplete
        id={props.id}
        value={props.value}
        onChange={props.onChange}
        {...(props.onPick && { onOptionSubmit: props.onPick })}
        data={[...new Set(props.values)]}
        limit={props.limit ?? usualLimit}
        placeholder={props.placeholder}
        disabled={props.disabled}
        aria-label={props.label}
        aria-describedby={props.describedBy}
        aria-invalid={props.invalid || undefined}
        comboboxProps={{ transitionProps: { duration: 0 }, offset: 4, zIndex: 350 }}
        classNames={{
          root: css.suggest ?? "",
          wrapper: css.suggestWrapper ?? "",
          input: props.className ?? "",
          dropdown: css.options ?? "",
          option: css.option ?? "",
        }}
        maxDropdownHeight={260}
        withScrollArea={false}
        spellCheck={false}
      />
    </Provided>
  );
}

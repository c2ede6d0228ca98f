// Text inputs that propose: values the server knows, and time zones.
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useDeferredValue, useState } from "react";
import type { FormFieldDescription, ModelDescription } from "../../../src/admin/contract.ts";
import { useBoot } from "../boot-context.ts";
import { browserZone } from "../format/moment.ts";
import type { ControlProps } from "../parts/field.tsx";
import { SuggestInput } from "../parts/popups.tsx";
import { suggestQuery } from "../queries.ts";

interface Props {
  field: FormFieldDescription;
  value: string;
  control: ControlProps;
  onChange: (value: string | null) => void;
}

export function Suggested({
  model,
  field,
  value,
  control,
  onChange,
}: Props & { model: ModelDescription }): ReactElement {
  const prefix = useDeferredValue(value);
  const { data } = useQuery(suggestQuery(model.name, field.name, prefix));
  const known = field.options?.map((option) => option.value) ?? [];
  return (
    <Input
      field={field}
      value={value}
      control={control}
      onChange={onChange}
      values={[...known, ...(data?.values.map((one) => one.value) ?? [])]}
    />
  );
}

export function Zone(props: Props): ReactElement {
  const { timeZone } = useBoot();
  const [zones] = useState(() => [timeZone, browserZone, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return <Input {...props} values={zones} />;
}

function Input({ field, value, control, onChange, values }: Props & { values: string[] }): ReactElement {
  return (
    <SuggestInput
      id={control.id}
      className={control.className}
      describedBy={control["aria-describedby"]}
      invalid={control["aria-invalid"] ?? false}
      value={value}
      values={values}
      disabled={field.readOnly}
      onChange={(next) => onChange(next === "" ? null : next)}
    />
  );
}

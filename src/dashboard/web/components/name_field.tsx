/** Who sits at this page, as others read it and the run's log keeps it. */
import { useState } from "preact/hooks";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { usePage, useRun } from "../app_context.ts";

export function NameField() {
  useRun();
  const page = usePage();
  // The page is drawn again many times while somebody types.
  const [draft, setDraft] = useState<string>();
  return (
    <p class="name-row">
      <label for="person-name">Your name</label>
      <input
        id="person-name"
        type="text"
        autocomplete="name"
        maxLength={MAX_NAME_LENGTH}
        value={draft ?? page.name}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
        onKeyDown={({ key, currentTarget }) => key === "Enter" && currentTarget.blur()}
        onBlur={({ currentTarget }) => {
          page.rename(currentTarget.value);
          setDraft(undefined);
        }}
      />
    </p>
  );
}

/** Input of the user's name, which is shown on other pages and stored in the run's log. */
import { useState } from "preact/hooks";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { usePage, useRun } from "../app_context.ts";

export function NameField() {
  useRun();
  const page = usePage();
  // Keeps the text across re-renders while typing.
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

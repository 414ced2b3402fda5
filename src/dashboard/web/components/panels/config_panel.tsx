/** The run's settings, with a search. Default: only those that differ from their defaults. */
import { Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useRun } from "../../app_context.ts";
import { flatConfig, searched } from "../../model/flat_config.ts";

/** Allows line breaks after punctuation. */
function breakable(text: string) {
  return text.split(/(?<=[._,])/).map((part, i) => (
    <Fragment key={`${i} ${part}`}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

export function ConfigPanel() {
  const { facts } = useRun();
  const [search, setSearch] = useState("");
  const [isAll, setAll] = useState(false);
  const config = facts?.config;
  const defaults = facts?.config_defaults ?? null;
  const lines = useMemo(() => flatConfig(config ?? {}, defaults), [config, defaults]);
  const changed = lines.filter(({ isChanged }) => isChanged);
  const shownOf = isAll || changed.length === 0 || search !== "" ? lines : changed;
  const shown = searched(shownOf, search);
  if (lines.length <= 1) return null;
  return (
    <section class="panel config" aria-labelledby="config-title">
      <div class="panel-head">
        <h2 id="config-title">Configuration</h2>
        <div class="config-tools">
          {changed.length > 0 && (
            <fieldset class="choice" aria-label="Which settings">
              <button type="button" aria-pressed={!isAll} onClick={() => setAll(false)}>
                set by this run {changed.length}
              </button>
              <button type="button" aria-pressed={isAll} onClick={() => setAll(true)}>
                all {lines.length}
              </button>
            </fieldset>
          )}
          <input
            type="search"
            placeholder="Search settings"
            aria-label="Search settings"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <section class="config-list" tabIndex={0} aria-label="Settings">
        <dl>
          {shown.map(({ key, value, isChanged, standard }) => (
            <div key={key} class={isChanged ? "changed" : ""}>
              <dt>
                <code>{breakable(key)}</code>
              </dt>
              <dd>
                <code>{breakable(value)}</code>
                {isChanged && standard !== undefined && <small>default {breakable(standard)}</small>}
              </dd>
            </div>
          ))}
        </dl>
      </section>
      {shown.length === 0 && <p class="hint">No matching settings.</p>}
    </section>
  );
}

/** Text that one wants elsewhere, with a button that takes it there. */
import { useState } from "preact/hooks";
import { Icon } from "./icons.tsx";

const SHOWN_MS = 1500;

export interface CopyTextProps {
  readonly text: string;
  /** What is shown, where it differs from what is copied. */
  readonly shown?: string;
}

export function CopyText({ text, shown = text }: CopyTextProps) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    if (!done) return; // without a secure connection browsers refuse; the text can be selected
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <span class="copy">
      <code title={text}>{shown}</code>
      <button type="button" class="quiet icon" aria-label={`Copy ${shown}`} title="Copy" onClick={copy}>
        <Icon name={isCopied ? "check" : "copy"} size={15} />
      </button>
    </span>
  );
}

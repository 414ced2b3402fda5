/** Text with a button that copies it to the clipboard. */
import { useState } from "preact/hooks";
import { Icon } from "./icons.tsx";

const SHOWN_MS = 1500;

export interface CopyTextProps {
  readonly text: string;
  /** The displayed text. Default: `text`. */
  readonly shown?: string;
}

export function CopyText({ text, shown = text }: CopyTextProps) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    if (!done) return; // refused on insecure connections; the text can still be selected
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

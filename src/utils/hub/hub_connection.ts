/** Access to the Hugging Face Hub, and explanations of its errors. */

export interface HubConnection {
  /** Defaults to the environment variable HF_ENDPOINT, else https://huggingface.co. */
  readonly hubUrl?: string;
  /** Access token, "hf_…". Defaults to the environment variable HF_TOKEN. */
  readonly token?: string;
}

/** The connection with its defaults filled in. */
export function hubConnection({ hubUrl, token }: HubConnection): HubConnection & { readonly hubUrl: string } {
  const url = hubUrl ?? (process.env.HF_ENDPOINT || "https://huggingface.co");
  const accessToken = (token ?? process.env.HF_TOKEN)?.trim();
  return { hubUrl: url.replace(/\/+$/, ""), ...(accessToken ? { token: accessToken } : {}) };
}

/** An error with its cause and advice, wrapping the original; other errors pass unchanged. */
export function explainHubError(error: unknown, what: string, connection: HubConnection): unknown {
  const advice = explain(error, connection);
  return advice === undefined ? error : new Error(`${what}: ${advice}`, { cause: error });
}

function explain(error: unknown, { hubUrl, token }: HubConnection): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Node's fetch reports a failed or interrupted connection as a TypeError caused by the system's error.
  if (error instanceof TypeError && /^(fetch failed|terminated)$/.test(error.message)) {
    const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
    const problem = error.message === "terminated" ? "lost the connection to" : "cannot reach";
    return `${problem} ${hubUrl}${code ? ` (${code})` : ""}. Check the network`;
  }
  const status = "statusCode" in error ? error.statusCode : undefined;
  if (status === 401 || status === 403) {
    return token
      ? `${hubUrl} refused access. Check the name, and that HF_TOKEN may access it (private and gated models need it)`
      : `${hubUrl} refused access. Check the name; if it is private or gated, set HF_TOKEN to a token that may access it`;
  }
  if (status === 404) return `${hubUrl} has no such repository or revision`;
  if (typeof status === "number") return `${hubUrl} answered with status ${status}: ${error.message}`;
  return undefined;
}

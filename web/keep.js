// Taking a run away: its text to the clipboard, its trace to a file.

/**
 * @param {string} text
 * @returns {Promise<string>} what happened, in words
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied.";
  } catch {
    return "The browser did not allow copying. Select the plain text below instead.";
  }
}

/**
 * Saves JSON Lines exactly as the engine wrote them: the header, then one line a frame.
 * @param {string} header
 * @param {string[]} lines
 */
export function saveTrace(header, lines) {
  const url = URL.createObjectURL(new Blob([[header, ...lines, ""].join("\n")], { type: "application/jsonl" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "unmask-trace.jsonl";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the download reads it a little later than the click
}

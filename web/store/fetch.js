// Files over the network, told byte by byte.

/**
 * @param {string} url
 * @param {object} [options]
 * @param {(loaded: number, total: number | undefined) => void} [options.onProgress] bytes so far, bytes in all if known
 * @param {string} [options.name] what the user reads when the file is missing
 * @param {boolean} [options.optional] a 404 gives undefined instead of an error
 * @param {typeof globalThis.fetch} [options.fetch] replaced in tests
 * @returns {Promise<Uint8Array | undefined>}
 */
export async function fetchBytes(url, { onProgress, name = url, optional = false, fetch = globalThis.fetch } = {}) {
  let response;
  try {
    response = await fetch(url);
  } catch (fault) {
    throw new Error(`${name} could not be fetched: ${fault.message}.`);
  }
  if (optional && response.status === 404) return undefined;
  if (!response.ok) {
    throw new Error(`${name} could not be fetched: the server answered ${response.status} ${response.statusText}`.trim() + ".");
  }
  try {
    return await readAll(response, onProgress);
  } catch (fault) {
    throw new Error(`${name} stopped arriving: ${fault.message}.`);
  }
}

async function readAll(response, onProgress = () => {}) {
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const total = trustedLength(response.headers);
  const chunks = [];
  let loaded = 0;
  onProgress(0, total);
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.length;
    onProgress(loaded, total);
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * Content-Length counts the bytes on the wire. Behind a Content-Encoding we see the decoded bytes, of which there are
 * more, so the length is worthless there.
 * @param {Headers} headers
 * @returns {number | undefined} bytes
 */
export function trustedLength(headers) {
  const encoding = headers.get("content-encoding");
  if (encoding && encoding !== "identity") return undefined;
  const length = Number(headers.get("content-length"));
  return length > 0 ? length : undefined;
}

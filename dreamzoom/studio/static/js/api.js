// What is asked of the server. Every answer is JSON; an error is a text for a person.
import { connected, tell } from "./state.js";

/** The answer's JSON. Throws an Error with the server's words, after telling them; all that it said is its `facts`. */
export async function ask(path, { method = "GET", body, quiet = false, keepalive = false, headers = {} } = {}) {
  const options = { method, keepalive, headers: { ...headers } };
  if (body instanceof Blob) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    const isTold = method === "GET" && !connected.value; // the head says it, and what was asked for is asked again
    if (!quiet && !isTold) tell("The studio does not answer: is it still running?", true);
    throw new Error("The studio does not answer.");
  }
  const facts = await answer.json().catch(() => ({}));
  if (answer.ok) return facts;
  const words = facts.error ?? `the studio answered ${answer.status}`;
  if (!quiet) tell(words, true);
  throw Object.assign(new Error(words), { facts });
}

export const get = (path, options) => ask(path, options);
export const post = (path, body = {}, options) => ask(path, { method: "POST", body, ...options });

/** The address of a clip's frame; `width` asks for a smaller one. */
export function frameUrl(id, frame, width = 0) {
  return `/api/items/${id}/frames/${frame}${width ? `?width=${width}` : ""}`;
}

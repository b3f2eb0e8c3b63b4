/** Fetches rows from a file of the session. */
import { addressOf } from "../../manifest.ts";
import type { TableRow } from "./table.ts";

export async function fetchRows(page: unknown): Promise<readonly TableRow[]> {
  const [response, { decode }] = await Promise.all([fetch(addressOf(page) ?? ""), import("@msgpack/msgpack")]);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return decode(await response.arrayBuffer()) as TableRow[];
}

/** Files from the user: picked, dropped or pasted; and files for the user: downloads. */
import type { UploadView } from "../../states.ts";
import { plural } from "../../words.ts";

/** True if `file` is of `kind` ("image", "audio"). */
function isOfKind(file: File, kind: string): boolean {
  return file.type.startsWith(`${kind}/`);
}

/** True if `file` may be of `kind` by its content, which the server examines: browsers only consider its name. */
export function mayBeOfKind(file: File, kind: string): boolean {
  const said = file.type.split("/")[0] as string;
  if (kind === "video") return said === kind;
  return ["", kind, "application"].includes(said) || (kind === "audio" && said === "video");
}

/** True if a file dialog with these `accept`s would offer `file`: "image/*", "image/png", ".pdf". */
export function isAccepted(file: File, accept: readonly string[]): boolean {
  const fits = (each: string): boolean => {
    if (each.startsWith(".")) return file.name.toLowerCase().endsWith(each.toLowerCase());
    return each.endsWith("/*") ? file.type.startsWith(each.slice(0, -1)) : file.type === each;
  };
  return accept.length === 0 || accept.some(fits);
}

/** The first file of `kind` in a drop or a paste, or else one that may be of it; null if there is none. */
export function fileIn(data: DataTransfer | null, kind: string): File | null {
  const files = [...(data?.files ?? [])];
  return files.find((file) => isOfKind(file, kind)) ?? files.find((file) => mayBeOfKind(file, kind)) ?? null;
}

/** Reads a file of `kind` from the clipboard; null if there is none, or the user does not allow it. */
export async function pastedFile(kind: string): Promise<File | null> {
  const items = await navigator.clipboard.read().catch(() => []);
  for (const item of items) {
    const type = item.types.find((each) => each.startsWith(`${kind}/`));
    if (type) return new File([await item.getType(type)], `pasted.${type.split("/")[1]}`, { type });
  }
  return null;
}

/** Saves `blob` under `name` on the user's machine. */
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  follow(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Saves the file at `address` under the name of the component's value, or else under `name`. */
export function download(address: string, value: unknown, name: string): void {
  const own = typeof value === "object" && value !== null && "name" in value ? String(value.name) : name;
  follow(address.startsWith("file/") ? `${address}?download=1` : address, own);
}

/** Follows an address as a download. */
export function follow(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

/** The number of files on their way, all together. */
export function following(upload: UploadView | null): number {
  return upload ? 1 + (upload.following ?? 0) : 0;
}

/** Says that more files were given than there is room for. */
export function noRoom(most: number): string {
  return plural("There is room for no more than {count} file.", "There is room for no more than {count} files.", most);
}

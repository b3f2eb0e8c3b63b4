/** Files from the user: picked, dropped or pasted; and files for the user: downloads. */

/** Whether `file` is of `kind` ("image", "audio"). */
export function isOfKind(file: File, kind: string): boolean {
  return file.type.startsWith(`${kind}/`);
}

/** The first file of `kind` in a drop or a paste; null without one. */
export function fileIn(data: DataTransfer | null, kind: string): File | null {
  return [...(data?.files ?? [])].find((file) => isOfKind(file, kind)) ?? null;
}

/** Reads a picture from the clipboard; null if there is none, or the user does not allow it. */
export async function pastedImage(): Promise<File | null> {
  const items = await navigator.clipboard.read().catch(() => []);
  for (const item of items) {
    const type = item.types.find((each) => each.startsWith("image/"));
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

/** Follows an address as a download. */
export function follow(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

// Photos are scaled down on the device where it can open them; what it cannot open is sent as it is, and the server
// does the same.
const LONGEST_SIDE = 2400; // pixels
const SMALL_BYTES = 1000000; // not worth scaling
const QUALITY = 0.85;

async function decoded(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

function drawn(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// The photo as a smaller JPEG of the same name, or the file itself.
export async function smallerPhoto(file) {
  const heic = /\.(heic|heif)$/i.test(file.name) || /hei[cf]/.test(file.type);
  if (!heic && (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < SMALL_BYTES)) return file;
  const bitmap = await decoded(file);
  if (!bitmap) return file;
  const smaller = await new Promise((resolve) => drawn(bitmap, LONGEST_SIDE).toBlob(resolve, "image/jpeg", QUALITY));
  bitmap.close();
  if (!smaller || (!heic && smaller.size >= file.size)) return file;
  return new File([smaller], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
}

// A small picture of a photo as a canvas; null for what the device cannot open.
export async function thumbnail(file, side) {
  const bitmap = file.type.startsWith("image/") ? await decoded(file) : null;
  return bitmap && drawn(bitmap, side);
}

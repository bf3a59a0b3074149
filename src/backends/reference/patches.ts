import type { Attribute, HostKernel } from "../backend.js";

/** Visits pairs of places in an image [n, c, h, w] and in its patches [n, c, kh, kw, oh, ow]. */
function forEachWindow(
  image: readonly number[],
  patches: readonly number[],
  attributes: Readonly<Record<string, Attribute>>,
  each: (pixel: number, patch: number) => void,
): void {
  const [strideY, strideX] = attributes.stride as readonly number[];
  const [dilationY, dilationX] = attributes.dilation as readonly number[];
  const [, , height, width] = image;
  const [, , kernelHeight, kernelWidth, rows, columns] = patches;
  let patch = 0;
  for (let i = 0; i < image[0] * image[1]; i++) {
    for (let y = 0; y < kernelHeight; y++) {
      for (let x = 0; x < kernelWidth; x++) {
        for (let row = 0; row < rows; row++) {
          const line = (i * height + row * strideY + y * dilationY) * width + x * dilationX;
          for (let column = 0; column < columns; column++) each(line + column * strideX, patch++);
        }
      }
    }
  }
}

export const unfold: HostKernel = ([values], out, attributes, { inputs: [image], output }) => {
  forEachWindow(image, output, attributes, (pixel, patch) => {
    out[patch] = values[pixel];
  });
};

export const fold: HostKernel = ([values], out, attributes, { inputs: [patches], output }) => {
  out.fill(0);
  forEachWindow(output, patches, attributes, (pixel, patch) => {
    out[pixel] += values[patch];
  });
};

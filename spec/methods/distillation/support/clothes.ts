import { type Tensor, tensor } from "cotangent";
import { type FashionImage, loadFashionMnist } from "../../../../datasets/fashion-mnist.js";
import type { Examples } from "./two-mode-classes.js";

export const PIXELS = 784;

/** Pictures of clothes, pixels in [0, 1]: so many of each of the ten kinds to learn from, and 5000 to judge by. */
export async function clothes(trainEach: number): Promise<{ readonly train: Examples; readonly test: Examples }> {
  const { train, test } = await loadFashionMnist({ trainEach, testEach: 500 });
  return { train: examplesOf(train), test: examplesOf(test) };
}

function examplesOf(images: readonly FashionImage[]): Examples {
  const x = new Float32Array(images.length * PIXELS);
  images.forEach(({ pixels }, i) => {
    x.set(
      Float32Array.from(pixels, (grey) => grey / 255),
      i * PIXELS,
    );
  });
  const labels = tensor(Int32Array.from(images, ({ label }) => label));
  return { x: tensor(x, { shape: [images.length, PIXELS] }) as Tensor, labels };
}

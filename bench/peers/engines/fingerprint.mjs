// What is compared of a result: its norm and its products with fixed pseudo-random vectors. A wrong element anywhere
// shows, and a gradient of 256 MB need not leave its process.
import { unit } from "./inputs.mjs";

const streams = [1001, 1002, 1003];

/**
 * @param {ArrayLike<number> | { ids: ArrayLike<number>, rows: ArrayLike<number> }} result all elements, or rows of a
 * table that is zero elsewhere; rows of equal ids add up
 * @returns `[norm, three projections]`
 */
export function fingerprint(result) {
  const { values, positionOf } = "ids" in result ? merged(result) : { values: result, positionOf: (i) => i };
  let squares = 0;
  const projections = streams.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    squares += value * value;
    const position = positionOf(i);
    for (let k = 0; k < streams.length; k++) projections[k] += value * unit(position, streams[k]);
  }
  return [Math.sqrt(squares), ...projections];
}

function merged({ ids, rows }) {
  const width = rows.length / ids.length;
  const places = new Map();
  for (const id of ids) if (!places.has(id)) places.set(id, places.size);
  const values = new Float64Array(places.size * width);
  for (let i = 0; i < ids.length; i++) {
    const start = places.get(ids[i]) * width;
    for (let j = 0; j < width; j++) values[start + j] += rows[i * width + j];
  }
  const order = [...places.keys()];
  return { values, positionOf: (i) => order[Math.floor(i / width)] * width + (i % width) };
}

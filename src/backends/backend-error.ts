/** Tensors on different backends, or a backend that cannot do what is asked. */
export class BackendError extends Error {
  override readonly name: string = "BackendError";
}

/** The device of a backend is gone, with all that was on it: another backend must be opened. */
export class DeviceLostError extends BackendError {
  override readonly name: string = "DeviceLostError";
}

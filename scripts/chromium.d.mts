type Environment = Readonly<Record<string, string | undefined>>;

/** The browser's executable: the one that COTANGENT_CHROMIUM names, else the first on the PATH, else Playwright's own. */
export function findChromium(env?: Environment): string | undefined;

/** The file that shows Vulkan's loader the way to the browser's SwiftShader. */
export function findSwiftShader(env?: Environment): string | undefined;

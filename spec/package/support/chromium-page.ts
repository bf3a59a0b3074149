import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import type { Browser, Page } from "playwright";

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

/** Only a page with these headers may share memory between threads. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Serves a folder's files, and one page, on a port that is free; nothing else, and nothing to other machines. */
async function serve(folder: string, page: string, isIsolated: boolean) {
  const server = createServer(({ url }, response) => {
    const path = normalize(new URL(url!, "http://localhost").pathname);
    try {
      const body = path === "/" ? page : readFileSync(join(folder, path));
      const type = types[path === "/" ? ".html" : extname(path)] ?? "application/octet-stream";
      response.writeHead(200, { "Content-Type": type, ...(isIsolated && isolation) }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${port}/`, close: () => server.close() };
}

/** Waits for so many workers, which the browser counts in its own time; gives how many there are. */
async function countWorkers(page: Page, expected: number): Promise<number> {
  const end = Date.now() + 5000;
  while (page.workers().length !== expected && Date.now() < end) await page.waitForTimeout(20);
  return page.workers().length;
}

/** What a page's script prints first, how many workers it has, which should be so many, and what it has asked for. */
export async function printedIn(
  browser: Browser,
  folder: string,
  html: string,
  { isIsolated, workers }: { readonly isIsolated: boolean; readonly workers: number },
): Promise<{ readonly printed: string; readonly workers: number; readonly requests: readonly string[] }> {
  const { url, close } = await serve(folder, html, isIsolated);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url().replace(url, "/")));
    const printed = new Promise<string>((resolve, reject) => {
      page.on("console", (message) => {
        if (message.type() === "log") resolve(message.text());
        // A page asks for an icon by itself.
        else if (!message.location().url.endsWith("/favicon.ico")) reject(new Error(message.text()));
      });
      page.on("pageerror", reject);
    });
    await page.goto(url);
    return { printed: await printed, workers: await countWorkers(page, workers), requests };
  } finally {
    await context.close();
    close();
  }
}

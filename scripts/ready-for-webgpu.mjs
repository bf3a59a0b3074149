// Installs SwiftShader for the WebGPU specs where there is no adapter: as root on Debian, and nowhere else.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { adapterVariables, isRequired, packages } from "./webgpu-adapter.mjs";

/** Whether the distribution is Debian or made from it; Ubuntu's `chromium` is a snap, in which no driver can be found. */
function isDebian() {
  try {
    const names = readFileSync("/etc/os-release", "utf8").matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm);
    const all = [...names].flatMap(([, list]) => list.split(" "));
    return all.includes("debian") && !all.includes("ubuntu");
  } catch {
    return false;
  }
}

const { VK_ICD_FILENAMES, VK_DRIVER_FILES, COTANGENT_CHROMIUM } = process.env;
const isChosen = [VK_ICD_FILENAMES, VK_DRIVER_FILES, COTANGENT_CHROMIUM].some((value) => value !== undefined);
const mayInstall = isRequired("webgpu") !== false && !isChosen && process.getuid?.() === 0 && isDebian();
if (mayInstall && adapterVariables().lack !== undefined) {
  console.log(
    `Installing Debian's ${packages.join(" and ")}, once: the WebGPU specs need an adapter, and none is here…`,
  );
  const apt = (...args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const stdio = ["ignore", "ignore", "inherit"];
    return spawnSync("apt-get", ["-qq", "-o", "Acquire::http::Timeout=30", ...args], { env, stdio }).status === 0;
  };
  const done = apt("update") && apt("install", "-y", "--no-install-recommends", ...packages);
  console.log(done ? "Installed." : "That failed.");
}

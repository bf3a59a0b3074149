import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FileError } from "../../cli/src/errors.js";
import { surveyFile } from "../../cli/src/survey.js";

const folder = mkdtempSync(join(tmpdir(), "cotangent-survey-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "some.svm");

describe("surveyFile", () => {
  it("takes features up to what batches can hold, and refuses those beyond", async () => {
    const survey = (text: string) => {
      writeFileSync(path, text);
      return surveyFile("train", { path, format: "svmlight", firstIndex: 1 }, { minCount: 1, normalize: false });
    };
    const { space } = await survey("0 2147483648:1\n1 1:1\n");
    expect(space).toMatchObject({ kind: "indices", count: 2 ** 31 });
    await expect(survey("0 2147483649:1\n1 1:1\n")).rejects.toThrow(
      new FileError(
        `train: ${path} has feature 2147483648, counted from 0, but must have only features below 2147483648`,
      ),
    );
  });
});

import "./browser";
import { beforeEach, expect, test } from "vitest";
import { trouble, trying } from "../src/state/model";

const works = (): Promise<void> => Promise.resolve();
const fails = (said: string) => (): Promise<void> => Promise.reject(new Error(said));
const background = { background: true };

beforeEach(() => { trouble.value = null; });

test("what was refused is said until something succeeds", async () => {
  await trying(fails("lr is 0"));
  expect(trouble.value).toBe("lr is 0");
  await trying(works);
  expect(trouble.value).toBeNull();
});

test("what is done in the background takes no other's line away", async () => {
  await trying(fails("lr is 0"));
  await trying(works, background);
  expect(trouble.value).toBe("lr is 0");
});

test("but its own", async () => {
  await trying(fails("no answer"), background);
  await trying(works, background);
  expect(trouble.value).toBeNull();
});

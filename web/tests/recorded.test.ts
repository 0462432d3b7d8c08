import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { canonical, isOf, keyOf, readRecorded } from "../src/api/recorded";

const PASS = { image: "AAEC", t: 3, training: false, seed: 0 };

test("as Python's json.dumps with sorted keys and no spaces", () => {
  expect(canonical({ b: [1, { d: "é", c: null }], a: 0.5, left: undefined })).toBe('{"a":0.5,"b":[1,{"c":null,"d":"é"}]}');
});

test("a request's key is without the pass", () => {
  expect(keyOf("GET", "/api/model")).toBe("GET /api/model");
  expect(keyOf("POST", "/api/forward", PASS)).toBe("POST /api/forward {}");
  const body = { ...PASS, unit: "conv1:3,5,7", order: "size", from: 0, count: 200 };
  expect(keyOf("POST", "/api/unit", body)).toBe('POST /api/unit {"count":200,"from":0,"order":"size","unit":"conv1:3,5,7"}');
});

test("of another pass nothing was recorded", () => {
  expect(isOf(PASS, { ...PASS, unit: "x:0" })).toBe(true);
  expect(isOf(PASS, { ...PASS, t: 4 })).toBe(false);
  expect(isOf(PASS, undefined)).toBe(true);
});

test("what was zipped is read", async () => {
  const gzip = gzipSync(JSON.stringify({ "GET /api/model": { name: "mnist" } })).toString("base64");
  const found = readRecorded(JSON.stringify({ pass: PASS, gzip }));
  expect(await found?.answers).toEqual({ "GET /api/model": { name: "mnist" } });
  expect(readRecorded("")).toBeNull();
});

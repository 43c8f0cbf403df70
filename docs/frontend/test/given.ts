// What the tests are given by whoever runs them.

import assert from "node:assert/strict";

/** A variable of the environment that has to be there. */
export function given(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

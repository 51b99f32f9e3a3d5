// Reports as Rust's test runner does, so that one sum can be made of all.

const problems = [];
let passed = 0;
let failed = 0;
let ignored = 0;

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type === "test:pass" || type === "test:fail") yield counted(type, data);
    if (type === "test:stderr") yield data.message;
  }
  for (const { name, error } of problems) yield `\n---- ${name}: ${words(error)}\n`;
  const state = failed === 0 ? "ok" : "FAILED";
  yield `\ntest result: ${state}. ${passed} passed; ${failed} failed; ${ignored} ignored; in real browsers\n`;
}

function counted(type, { name, skip, details }) {
  if (details.type === "suite") return "";
  if (skip !== undefined) {
    ignored += 1;
    return `test ${name} ... ignored\n`;
  }
  if (type === "test:pass") {
    passed += 1;
    return `test ${name} ... ok\n`;
  }
  failed += 1;
  problems.push({ name, error: details.error });
  return `test ${name} ... FAILED\n`;
}

/** What went wrong, with the place in the test. */
function words(error) {
  const cause = error?.cause ?? error;
  return cause?.stack ?? String(cause);
}


"use strict";
// Text from models and data reaches the page through textContent alone: it is never read as HTML.
const content = JSON.parse(document.getElementById("content").textContent);
const form = document.getElementById("filters");
const field = form.elements;
const ON_A_PAGE = 20;
const ANY = "";
let first = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function fill(select, entries) {
  const chosen = select.value;
  select.replaceChildren(...entries.map(([value, text]) => {
    const option = element("option", text);
    option.value = value;
    return option;
  }));
  if (entries.some(([value]) => value === chosen)) select.value = chosen;
}

function outcomes() {
  const other = field.variant.value;
  return [
    ["lost", `${content.base} right, ${other} wrong`],
    ["gained", `${content.base} wrong, ${other} right`],
    ["kept", "both right"],
    ["missed", "both wrong"],
    ["left", "not executed"],
  ];
}

function outcome(base, other) {
  if (!base || !other || base[1] === null || other[1] === null) return "left";
  if (base[1]) return other[1] ? "kept" : "lost";
  return other[1] ? "gained" : "missed";
}

function rows() {
  const split = content.splits[field.split.value];
  const base = split.answers[content.base] || [];
  const other = split.answers[field.variant.value] || [];
  return split.examples.map((example, index) => ({
    index, example, base: base[index], other: other[index], outcome: outcome(base[index], other[index]),
  }));
}

function counted(entries, found, any) {
  const counts = new Map();
  found.forEach((name) => counts.set(name, (counts.get(name) || 0) + 1));
  const named = entries || [...counts.keys()].filter(Boolean).sort().map((name) => [name, name]);
  const shown = named.filter(([name]) => counts.has(name));
  return [[ANY, any], ...shown.map(([name, text]) => [name, `${text} (${counts.get(name)})`])];
}

function prepare() {
  const variants = Object.keys(content.splits[field.split.value].answers).filter((name) => name !== content.base);
  fill(field.variant, variants.map((name) => [name, name]));
  refill();
}

function refill() {
  const all = rows();
  fill(field.outcome, counted(outcomes(), all.map((row) => row.outcome), "any"));
  fill(field.hardness, counted(null, all.map((row) => row.example.hardness), "any"));
  fill(field.uses, counted(null, all.flatMap((row) => row.example.uses), "any"));
  fill(field.database, counted(null, all.map((row) => row.example.db_id), "any"));
  fill(field.failure, counted(null, all.map((row) => row.other && row.other[3]), "any"));
  show(0);
}

function texts(row) {
  const answers = [row.base, row.other].filter(Boolean).map((answer) => content.texts[answer[0]]);
  return [row.example.question, row.example.db_id, content.texts[row.example.gold], ...answers];
}

function matches(row, words) {
  if (field.outcome.value && row.outcome !== field.outcome.value) return false;
  if (field.hardness.value && row.example.hardness !== field.hardness.value) return false;
  if (field.uses.value && !row.example.uses.includes(field.uses.value)) return false;
  if (field.database.value && row.example.db_id !== field.database.value) return false;
  if (field.failure.value && (!row.other || row.other[3] !== field.failure.value)) return false;
  if (!words.length) return true;
  const text = texts(row).join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

function verdict(answer) {
  if (answer[1] === null) return ["not executed", "message"];
  if (answer[1]) return [answer[2] ? "✓ right, exact match" : "✓ right", "right"];
  return [`✗ wrong: ${answer[3]}`, "wrong"];
}

function column(title, sql, answer) {
  const made = element("div");
  const heading = element("h4", title);
  made.append(heading);
  if (answer) {
    const [words, className] = verdict(answer);
    heading.append(" ", element("span", words, className));
  }
  made.append(element("pre", sql));
  const message = answer ? content.texts[answer[4]] : "";
  if (message) made.append(element("p", message, "message"));
  return made;
}

function card(row) {
  const { example } = row;
  const made = element("article");
  const level = example.hardness ? `, ${example.hardness}` : "";
  made.append(element("h3", example.question));
  made.append(element("p", `${row.index + 1}. ${example.db_id}${level}`, "facts"));
  const answers = element("div", undefined, "answers");
  answers.append(column("gold", content.texts[example.gold]));
  if (row.base) answers.append(column(content.base, content.texts[row.base[0]], row.base));
  if (row.other) answers.append(column(field.variant.value, content.texts[row.other[0]], row.other));
  made.append(answers);
  const schema = content.splits[field.split.value].schemas[example.db_id];
  if (schema) {
    const details = element("details");
    details.append(element("summary", `schema of ${example.db_id}`), element("pre", schema));
    made.append(details);
  }
  return made;
}

function show(start) {
  const words = field.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows().filter((row) => matches(row, words));
  first = Math.max(0, Math.min(start, found.length - 1));
  first -= first % ON_A_PAGE;
  const shown = found.slice(first, first + ON_A_PAGE);
  document.getElementById("shown").replaceChildren(...shown.map(card));
  const range = shown.length ? `, ${first + 1} to ${first + shown.length} shown` : "";
  const questions = found.length === 1 ? "question" : "questions";
  document.getElementById("found").textContent = `${found.length} ${questions}${range}`;
  document.getElementById("pages").hidden = found.length <= ON_A_PAGE;
  document.getElementById("earlier").disabled = first === 0;
  document.getElementById("later").disabled = first + ON_A_PAGE >= found.length;
}

function turn(step) {
  show(first + step);
  document.getElementById("found").scrollIntoView();
}

fill(field.split, Object.keys(content.splits).map((name) => [name, name]));
prepare();
form.hidden = false;
field.split.addEventListener("change", prepare);
field.variant.addEventListener("change", refill);
for (const name of ["outcome", "hardness", "uses", "database", "failure"]) field[name].addEventListener("change", () => show(0));
field.search.addEventListener("input", () => show(0));
form.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("earlier").addEventListener("click", () => turn(-ON_A_PAGE));
document.getElementById("later").addEventListener("click", () => turn(ON_A_PAGE));

function showAnswers(variant) {
  if (![...field.variant.options].some((option) => option.value === variant)) return;
  field.variant.value = variant;
  refill();
  document.getElementById("examples").scrollIntoView();
  field.variant.focus({ preventScroll: true });
}

for (const point of document.querySelectorAll(".point")) {
  const describe = () => { document.getElementById("point").textContent = point.getAttribute("aria-label"); };
  point.addEventListener("pointerenter", describe);
  point.addEventListener("focus", describe);
  point.addEventListener("click", () => showAnswers(point.dataset.variant));
  point.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    showAnswers(point.dataset.variant);
  });
}
addEventListener("beforeprint", () => document.querySelectorAll("section > details").forEach((folded) => { folded.open = true; }));

// Elements of the page. Whatever comes from outside becomes text or the value of an attribute, never markup.

const SVG = "http://www.w3.org/2000/svg";

function el(name, given = {}, ...children) {
  return filled(document.createElement(name), given, children);
}

function svg(name, given = {}, ...children) {
  return filled(document.createElementNS(SVG, name), given, children);
}

function filled(node, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(node, child);
    else if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

// A name from outside keeps its direction to itself.
function outside(text, given = {}) {
  return el("bdi", given, String(text));
}

function say(sentence) {
  const said = document.getElementById("said");
  said.textContent = "";
  setTimeout(() => {
    said.textContent = sentence;
  }, 50); // a reader tells only what changes
}

let numbered = 0;
function freshId(word) {
  numbered += 1;
  return `${word}-${numbered}`;
}

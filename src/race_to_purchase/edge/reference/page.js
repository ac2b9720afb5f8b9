"use strict";
// Draws the reference from the OpenAPI document beside this page. Every text goes in as a text node, never as markup.

const METHODS = ["get", "post", "put", "delete"];

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

// The little of Markdown that the document uses within a line: `code` and **bold**.
function words(text) {
  return (text ?? "").split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`")) return el("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return el("strong", {}, part.slice(2, -2));
    return part;
  });
}

// Paragraphs, and lists whose items begin with "- " and may go on in the next line.
function blocks(text) {
  return text.trim().split(/\n\s*\n/).map((block) => {
    if (!block.startsWith("- ")) return el("p", {}, words(block));
    return el("ul", {}, block.slice(2).split(/\n- /).map((item) => el("li", {}, words(item.replace(/\s*\n\s*/g, " ")))));
  });
}

function resolver(document_) {
  return (thing) => {
    let found = thing;
    while (found && found.$ref) {
      found = found.$ref.slice(2).split("/").reduce((node, name) => node[name], document_);
    }
    return found;
  };
}

function colored(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const parts = text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|\b-?\d+(?:\.\d+)?\b|\b(?:true|false|null)\b)/);
  return parts.map((part, index) => {
    if (index % 2 === 0) return part;
    const kind = part.endsWith(":") ? "name" : part.startsWith('"') ? "string" : "number";
    return el("span", { class: kind }, part);
  });
}

function sample(text, children) {
  const button = el("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return el("div", { class: "sample" }, el("pre", { tabindex: "0" }, el("code", {}, children)), button);
}

function json(value) {
  return sample(JSON.stringify(value, null, 2), colored(value));
}

// What a schema allows, in a few words.
function kindOf(schema, resolve) {
  const own = resolve(schema);
  if (own.anyOf) return own.anyOf.map((one) => kindOf(one, resolve)).join(" or ");
  if (own.enum) return own.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (own.const !== undefined) return JSON.stringify(own.const);
  if (own.type === "array") return `list of ${kindOf(own.items ?? {}, resolve)}`;
  if (own.format === "date-time") return "time (RFC 3339)";
  if (own.format) return own.format;
  return own.title && own.type === "object" ? "object" : own.type ?? "any";
}

function limitsOf(schema, resolve) {
  const own = resolve(schema);
  const said = [];
  for (const one of [own, ...(own.anyOf ?? []).map(resolve)]) {
    if (one.minimum !== undefined || one.maximum !== undefined) {
      said.push(`${one.minimum ?? ""} … ${one.maximum?.toLocaleString("en") ?? ""}`.trim());
    }
    if (one.maxLength) said.push(`at most ${one.maxLength} characters`);
    if (one.maxItems) said.push(`${one.minItems ?? 0} to ${one.maxItems.toLocaleString("en")}`);
    if (one.pattern) said.push(one.pattern);
  }
  if (own.default !== undefined && own.default !== null && !Array.isArray(own.default)) {
    said.push(`${JSON.stringify(own.default)} if left out`);
  }
  return said;
}

// The object inside a schema, through lists and alternatives, if there is one.
function innerOf(schema, resolve) {
  const own = resolve(schema);
  if (own.properties) return own;
  if (own.items) return innerOf(own.items, resolve);
  for (const one of own.anyOf ?? []) {
    const found = innerOf(one, resolve);
    if (found) return found;
  }
  return null;
}

function field(name, schema, required, description, resolve, depth) {
  const inner = depth < 4 ? innerOf(schema, resolve) : null;
  const limits = limitsOf(schema, resolve);
  return el("div", { class: "field" },
    el("dt", {},
      el("code", {}, name),
      el("span", { class: "type" }, kindOf(schema, resolve)),
      required && el("span", { class: "must" }, "required")),
    el("dd", {},
      words(description),
      limits.length > 0 && el("div", {}, limits.map((limit, index) => [index > 0 && ", ", limit.startsWith("^") ? el("code", {}, limit) : limit])),
      inner && fields(inner, resolve, depth + 1)));
}

function fields(schema, resolve, depth = 0) {
  const required = new Set(schema.required ?? []);
  return el("dl", {}, Object.entries(schema.properties).map(([name, one]) =>
    field(name, one, required.has(name), resolve(one).properties ? "" : one.description, resolve, depth)));
}

function curl(method, path, operation, resolve) {
  const parameters = (operation.parameters ?? []).map(resolve);
  const url = parameters.filter((one) => one.in === "path")
    .reduce((built, one) => built.replace(`{${one.name}}`, one.example), path);
  const lines = [method === "get" ? `curl ${location.origin}${url}` : `curl -X ${method.toUpperCase()} ${location.origin}${url}`];
  const [security] = operation.security ?? [];
  if (security) lines.push(`-H "Authorization: Bearer $${Object.keys(security)[0].toUpperCase()}_KEY"`);
  for (const one of parameters) {
    if (one.in === "header" && one.required) lines.push(`-H "${one.name}: ${one.example}"`);
  }
  const body = operation.requestBody?.content["application/json"];
  if (body) {
    lines.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(body.example)}'`);
  }
  return lines.join(" \\\n  ");
}

function problemCodes(names, codes) {
  const sorted = [...names].sort((a, b) => codes[a].status - codes[b].status || a.localeCompare(b));
  return el("ul", { class: "codes" }, sorted.map((name) =>
    el("li", {}, el("a", { href: `#code-${name}` }, el("b", {}, codes[name].status), name))));
}

const WHO = { storefront: "storefront key", admin: "admin key" };

function facts(operation, codes, resolve) {
  const parts = [...blocks(operation.description)];
  const parameters = (operation.parameters ?? []).map(resolve);
  if (parameters.length > 0) {
    parts.push(el("h4", {}, "Path and headers"), el("dl", {}, parameters.map((one) =>
      field(one.name, one.schema, one.required, one.description, resolve, 9))));
  }
  const body = operation.requestBody?.content["application/json"];
  if (body) parts.push(el("h4", {}, "Body"), fields(resolve(body.schema), resolve));
  for (const [status, response] of Object.entries(operation.responses)) {
    const content = response.content?.["application/json"];
    if (Number(status) >= 300 || !content) continue;
    const inner = innerOf(content.schema, resolve);
    parts.push(el("h4", {}, `Answer ${status}`), el("p", {}, words(response.description)));
    if (inner) parts.push(el("details", {}, el("summary", {}, "Fields"), fields(inner, resolve)));
  }
  const names = operation["x-problem-codes"];
  if (names.length > 0) parts.push(el("h4", {}, "Problems"), problemCodes(names, codes));
  return parts;
}

function shown(method, path, operation, resolve) {
  const call = curl(method, path, operation, resolve);
  const parts = [el("h4", {}, "Request"), sample(call, call)];
  for (const [status, response] of Object.entries(operation.responses)) {
    const example = response.content?.["application/json"]?.example;
    if (example !== undefined) parts.push(el("h4", {}, `Answer ${status}`), json(example));
  }
  return parts;
}

function article(method, path, operation, codes, resolve) {
  const [security] = operation.security ?? [];
  return el("article", { id: operation.operationId },
    el("header", {},
      el("span", { class: `method ${method}` }, method),
      el("span", { class: "path" }, path),
      el("h3", {}, operation.summary),
      el("span", { class: "who" }, security ? WHO[Object.keys(security)[0]] : "no key")),
    el("div", { class: "facts" }, facts(operation, codes, resolve)),
    el("div", { class: "shown" }, shown(method, path, operation, resolve)));
}

function codeTable(codes) {
  const rows = Object.entries(codes).map(([name, code]) => el("tr", { id: `code-${name}` },
    el("td", {}, String(code.status)),
    el("td", {}, el("code", {}, name)),
    el("td", {}, words(code.meaning)),
    el("td", {}, code.retryable ? "later" : "")));
  const head = ["Status", "Code", "Meaning", "Again?"].map((title) => el("th", { scope: "col" }, title));
  return el("div", { class: "wide" }, el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
}

function draw(document_) {
  const resolve = resolver(document_);
  const codes = document_["x-problem-codes"];
  const operations = Object.entries(document_.paths).flatMap(([path, verbs]) =>
    METHODS.filter((method) => verbs[method]).map((method) => ({ method, path, operation: verbs[method] })));
  const { title, summary, version, description } = document_.info;
  const nav = [el("a", { class: "brand", href: "#main" }, title), el("span", { class: "version" }, version)];
  const main = [el("h1", {}, title), el("p", { class: "lead" }, summary), el("div", { class: "about" }, blocks(description))];
  for (const tag of document_.tags) {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag.name));
    nav.push(el("h2", {}, tag.name), el("ul", {}, own.map(({ method, operation }) => el("li", {},
      el("a", { href: `#${operation.operationId}` }, el("span", { class: `method ${method}` }, method), operation.summary)))));
    main.push(el("h2", {}, tag.name), el("p", {}, tag.description));
    main.push(...own.map(({ method, path, operation }) => article(method, path, operation, codes, resolve)));
  }
  nav.push(el("h2", {}, "More"), el("ul", {}, el("li", {}, el("a", { href: "#problems" }, "Problem codes")),
    el("li", {}, el("a", { href: "openapi.json" }, "openapi.json"))));
  main.push(el("h2", { id: "problems" }, "Problem codes"),
    el("p", {}, "Every refusal has one of these as its code. Later codes may be added; treat an unknown one by its status."),
    codeTable(codes),
    el("h4", {}, "What a problem looks like"),
    json(document_.paths["/v1/checkouts"].post.responses["422"].content["application/problem+json"].example));
  document.getElementById("nav").replaceChildren(...nav);
  document.getElementById("main").replaceChildren(...main);
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

fetch("openapi.json")
  .then((response) => (response.ok ? response.json() : Promise.reject(new Error(`status ${response.status}`))))
  .then(draw)
  .catch((error) => {
    document.getElementById("wait").textContent = `The document could not be loaded: ${error.message}.`;
  });

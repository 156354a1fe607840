// What the pages do beyond links and forms. Every page works without it: whatever stands here finds its place by `data-`
// attributes, asks only the server the page came from, and shows nothing that the server did not write.
"use strict";
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const body = document.body;
  document.documentElement.classList.add("has-script");

  const isTyping = (element) => element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  // A fragment of a page, as elements. A session that has ended sends the whole page to the sign-in page.
  async function fragment(address, options = {}) {
    const answer = await fetch(address, { credentials: "same-origin", ...options, headers: { Accept: "text/html", "X-Fragment": "1", ...options.headers } });
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") location.reload();
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    return { isFine: answer.ok, content: template.content };
  }

  function say(text) {
    const place = one("[data-say]");
    if (place) place.textContent = text;
  }

  // --- keys: `/` search, `g` and a letter to go, `j` `k` rows, Enter open, `e` edit, `c` comment, `x` choose, `?` the list

  function rows() { return all("[data-row]").filter((row) => row.offsetParent !== null); }

  function moveRow(step) {
    const list = rows();
    if (!list.length) return;
    const now = list.findIndex((row) => row.hasAttribute("data-current"));
    const next = list[Math.min(list.length - 1, Math.max(0, now + step))];
    list.forEach((row) => row.removeAttribute("data-current"));
    next.setAttribute("data-current", "");
    const link = one("a", next);
    if (link) link.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  let goes = 0;
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") all("details.menu[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
    if (isTyping(event.target) || one("dialog[open]")) return;
    const go = Date.now() - goes < 1500 ? one(`[data-key="${CSS.escape(event.key)}"]`) : null;
    goes = event.key === "g" ? Date.now() : 0;
    const current = one("[data-row][data-current]");
    const done = { "/": () => one("[data-search]"), e: () => one("[data-edit]", current ?? document), c: () => one("[data-comment]") };
    if (go) go.click();
    else if (event.key === "?") one("[data-keys]")?.showModal();
    else if (event.key === "j" || event.key === "k") moveRow(event.key === "j" ? 1 : -1);
    else if (event.key === "x" && current) one("input[type=checkbox]", current)?.click();
    else if (done[event.key]?.()) {
      const found = done[event.key](), place = found.matches("form") ? one("input:not([type=hidden]), select, textarea", found) ?? found : found;
      const folded = place.closest("details:not([open])");
      if (folded) folded.open = true;
      place.focus(); if (event.key === "e" && place.matches("a, button")) place.click(); }
    else return;
    event.preventDefault();
  }
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const opener = event.target.closest("[data-opens]");
    if (opener) { event.preventDefault(); document.getElementById(opener.dataset.opens)?.showModal(); }
    if (event.target.closest("[data-dismiss]")) event.target.closest(".toast, .note")?.remove();
  });

  // --- tabs: parts that stand below each other without a script

  function showTab(list, chosen) {
    all("[role=tab]", list).forEach((tab) => {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      document.getElementById(tab.hash.slice(1)).hidden = !isChosen;
    });
  }
  all("[data-tabs]").forEach((list) => {
    list.setAttribute("role", "tablist");
    const tabs = all("a", list);
    tabs.forEach((tab) => {
      const part = document.getElementById(tab.hash.slice(1));
      tab.id ||= `tab-${part.id}`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", part.id);
      part.setAttribute("role", "tabpanel");
      part.setAttribute("aria-labelledby", tab.id);
      part.tabIndex = 0;
    });
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) { event.preventDefault(); showTab(list, tab); history.replaceState(null, "", tab.hash); }
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
      showTab(list, next);
      next.focus();
      event.preventDefault();
    });
    showTab(list, tabs.find((tab) => tab.hash === location.hash) ?? tabs[0]);
  });
  // Whoever follows a link to an error or a field inside a hidden part or a folded activity gets to see it.
  function reveal() {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const part = target?.closest("[role=tabpanel][hidden]");
    if (part) document.getElementById(part.getAttribute("aria-labelledby")).click();
    const folded = target?.closest("details:not([open])");
    if (folded) folded.open = true;
  }
  addEventListener("hashchange", reveal);
  reveal();

  // --- live: an event is only a hint. What changed is announced and taken in on a click; what counts is drawn anew.

  let news = 0;
  function announce() {
    const button = one("[data-news]");
    if (!button) return;
    news += 1;
    button.hidden = false;
    button.textContent = button.dataset.news.replace("{n}", news);
    say(button.textContent);
  }
  async function refresh(place) {
    if (place.dataset.asking) return;
    place.dataset.asking = "1";
    try {
      const { isFine, content } = await fragment(place.dataset.refresh, { headers: { "X-Passive": "1" } });
      const next = content.firstElementChild;
      if (isFine && next) {
        // Work that has ended changes the page around it.
        if (place.hasAttribute("data-busy") && !next.hasAttribute("data-busy")) return announce();
        place.replaceWith(next);
      }
    } catch { /* The next hint asks again. */ } finally { delete place.dataset.asking; }
  }
  // A stream of the record itself tells of its work as it comes further; then it is asked after only now and then, for a hint
  // that was lost.
  let [told, turn] = [false, 0];
  const busy = () => all("[data-refresh][data-busy]").forEach(refresh);
  if (body.dataset.live) {
    const source = new EventSource(body.dataset.live);
    const tells = !body.dataset.live.endsWith("topic=notices");
    // What has come further since the page was drawn, before anybody could be told, is asked after once.
    source.addEventListener("open", () => { told = tells; if (told) busy(); });
    source.addEventListener("error", () => { told = false; });
    source.addEventListener("changed", announce);
    source.addEventListener("progress", () => all("[data-refresh]").forEach(refresh));
    source.addEventListener("notices", (event) => {
      all("[data-notices]").forEach((place) => { place.textContent = event.data; place.hidden = event.data === "0"; });
    });
    addEventListener("pagehide", () => source.close());
  }
  setInterval(() => {
    turn += 1;
    if (!document.hidden && (!told || turn % 5 === 0)) busy();
  }, 2000);
  one("[data-news]")?.addEventListener("click", () => location.reload());

  // What was away is asked for until it is there; a page that nobody looks at waits.
  async function again() {
    const answer = document.hidden ? null : await fetch(location.href, { credentials: "same-origin", headers: { "X-Passive": "1" } }).catch(() => null);
    if (answer && answer.status !== 503) location.reload(); else setTimeout(again, 3000);
  }
  if (one("[data-again]")) setTimeout(again, 3000);

  // --- typing ahead in references: a text field with the chosen id beside it

  function choose(field) {
    const list = document.createElement("div");
    const chosen = one("input[type=hidden]", field.parentElement);
    let asked = 0;
    list.className = "choose-list";
    list.id = `${field.id}-list`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.dataset.label ?? "");
    field.after(list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, autocomplete: "off" })) field.setAttribute(name, value);

    const close = () => { list.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
    const mark = (option) => {
      all("[role=option]", list).forEach((other) => other.setAttribute("aria-selected", other === option));
      if (option) { field.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    };
    // Of a list, what is chosen is ticked, and one more can be.
    const add = ({ value, text }) => {
      const label = document.createElement("label"), box = document.createElement("input");
      Object.assign(box, { type: "checkbox", name: field.dataset.many, value, checked: true });
      label.className = "check"; label.append(box, ` ${text}`); field.parentElement.before(label); field.value = "";
    };
    const take = (option) => { if (field.dataset.many) add(option.dataset); else { field.value = option.dataset.text; chosen.value = option.dataset.value; } close(); };
    const ask = async () => {
      const mine = ++asked;
      try {
        const address = new URL(field.dataset.choose, location.href);
        address.searchParams.set("text", field.value);
        const { isFine, content } = await fragment(address);
        if (mine !== asked || !isFine) return;
        list.replaceChildren(content);
        all("[role=option]", list).forEach((option, place) => { option.id = `${list.id}-${place}`; });
        list.hidden = !list.children.length;
        field.setAttribute("aria-expanded", String(!list.hidden));
      } catch { close(); }
    };
    let wait;
    field.addEventListener("input", () => { chosen.value = ""; clearTimeout(wait); wait = setTimeout(ask, 150); });
    field.addEventListener("keydown", (event) => {
      const options = all("[role=option]", list);
      const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
      if (event.key === "Escape") close();
      else if (event.key === "ArrowDown" && list.hidden) ask();
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(options[(now + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length]);
      else if (event.key === "Enter" && !list.hidden && now >= 0) take(options[now]);
      else return;
      if (event.key !== "Escape") event.preventDefault();
    });
    list.addEventListener("pointerdown", (event) => { const option = event.target.closest("[role=option]"); if (option) { event.preventDefault(); take(option); } });
    field.addEventListener("blur", close);
  }
  all("[data-choose]").forEach(choose);

  // --- an article is read where its link stands, asked for when it is opened; any other way of following a link leads to it

  let articles = 0;
  async function read(link) {
    const known = document.getElementById(link.getAttribute("aria-controls") ?? "");
    if (known) { known.hidden = !known.hidden; return link.setAttribute("aria-expanded", !known.hidden); }
    if (link.dataset.asking) return;
    link.dataset.asking = "1";
    try {
      const { isFine, content } = await fragment(link.href);
      if (!isFine) return location.assign(link.href);
      const place = document.createElement("div"), entry = link.closest("li");
      for (const [name, value] of Object.entries({ id: `article-${++articles}`, class: "reading stack-tight", role: "region", "aria-label": link.textContent })) place.setAttribute(name, value);
      place.append(content);
      if (entry) entry.append(place); else (link.closest("p") ?? link).after(place);
      link.setAttribute("aria-controls", place.id);
      link.setAttribute("aria-expanded", "true");
    } catch { location.assign(link.href); } finally { delete link.dataset.asking; }
  }
  all("a[data-article]").forEach((link) => {
    link.setAttribute("aria-expanded", "false");
    link.addEventListener("click", (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      read(link);
    });
  });

  // --- a response template goes behind what stands in the field; where that fails, the form is sent, and says why

  async function insert(button) {
    const form = button.form, chosen = document.getElementById(button.dataset.insert), field = one("textarea", form);
    if (!chosen.value) return chosen.focus();
    try {
      const asked = new URLSearchParams({ csrf: body.dataset.csrf, kind: button.value, [chosen.name]: chosen.value });
      const { isFine, content } = await fragment(form.action, { method: "POST", body: asked });
      if (!isFine) return form.requestSubmit(button);
      field.value = [field.value, one("[data-insert-text]", content).textContent].filter(Boolean).join("\n\n");
      one("[data-insert-note]").textContent = one("[data-insert-note]", content).textContent;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    } catch { form.requestSubmit(button); }
  }
  all("[data-insert]").forEach((button) => button.addEventListener("click", (event) => { event.preventDefault(); insert(button); }));

  // --- files: dragged in or chosen, several, each with its progress; the form alone sends them without a script

  function send(form, file, item) {
    return new Promise((done) => {
      const data = new FormData();
      all("input[type=hidden], input[type=checkbox]:checked", form).forEach((input) => data.append(input.name, input.value));
      data.append(one("input[type=file]", form).name, file, file.name);
      const request = new XMLHttpRequest();
      const bar = one("progress", item);
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100; });
      request.addEventListener("loadend", () => {
        // Whoever's session has ended is led to where one signs in: the file has gone nowhere.
        const isFine = request.status >= 200 && request.status < 400 && new URL(request.responseURL).pathname !== "/sign-in";
        one("[data-cancel]", item)?.remove();
        if (!item.dataset.canceled) one("[data-status]", item).textContent = isFine ? form.dataset.done : request.getResponseHeader("X-Problem") ? decodeURIComponent(request.getResponseHeader("X-Problem")) : form.dataset.failed;
        one("[data-status]", item).classList.toggle("fault", !isFine);
        if (isFine) bar.value = 100;
        done(isFine);
      });
      request.addEventListener("abort", () => { item.dataset.canceled = "1"; one("[data-status]", item).textContent = form.dataset.canceled; });
      one("[data-cancel]", item)?.addEventListener("click", () => request.abort());
      request.open("POST", form.action);
      request.setRequestHeader("X-Fragment", "1");
      request.send(data);
    });
  }
  async function sendAll(form, files) {
    const list = one("[data-files]", form.parentElement);
    const items = files.map((file) => {
      const item = one("template", form.parentElement).content.cloneNode(true).firstElementChild;
      one("[data-name]", item).textContent = file.name;
      one("progress", item).setAttribute("aria-label", file.name);
      list.append(item);
      return item;
    });
    let isFine = true;
    for (const [place, file] of files.entries()) isFine = (await send(form, file, items[place])) && isFine;
    // What was sent is shown with the page; why something was not stays to be read.
    if (isFine) location.reload();
    else one("[data-sent]", form.parentElement)?.removeAttribute("hidden");
  }
  all("[data-drop]").forEach((form) => {
    const input = one("input[type=file]", form);
    form.addEventListener("dragover", (event) => { event.preventDefault(); form.dataset.over = "1"; });
    form.addEventListener("dragleave", () => { delete form.dataset.over; });
    form.addEventListener("drop", (event) => { event.preventDefault(); delete form.dataset.over; sendAll(form, [...event.dataTransfer.files]); });
    form.addEventListener("submit", (event) => { event.preventDefault(); sendAll(form, [...input.files]); });
    input.addEventListener("change", () => { if (input.files.length) sendAll(form, [...input.files]); });
  });

  // --- grid: blocks of rows that are read as they come near, and taken out of the page when they are far. What is kept of those is where
  // they are asked for and how high they were; one empty body stands for all that follow each other.

  all("[data-grid]").forEach((wrap) => {
    const table = one("table", wrap), near = 1600;
    const blocks = all("tbody[data-block]", table).map((body) => ({ address: body.dataset.block, body, height: body.getBoundingClientRect().height, isRead: !body.dataset.far }));
    const isHeld = ({ body }) => body && (body.contains(document.activeElement) || one("[data-editing]", body));
    const empty = (height) => {
      const body = document.createElement("tbody"), cell = body.insertRow().insertCell();
      cell.colSpan = 1000;
      cell.style.height = `${height}px`;
      return body;
    };
    async function read(block) {
      block.isAsked = true;
      try {
        const { isFine, content } = await fragment(block.address);
        const [here, next] = all("tbody", content);
        if (!isFine || !here) return;
        if (block.body) { block.body.replaceChildren(...here.children); block.isRead = true; }
        if (next && block === blocks.at(-1)) blocks.push({ address: next.dataset.block, first: next, height: 0 });
        soon();
      } catch { /* Scrolling there again asks again. */ } finally { block.isAsked = false; }
    }
    // What is near stands in the page, and what somebody is at; it does not move while others come and go.
    let shown = [];
    function arrange() {
      shown.forEach((block) => { block.height = block.body.getBoundingClientRect().height; });
      const top = wrap.scrollTop - near, bottom = wrap.scrollTop + wrap.clientHeight + near;
      let from = 0;
      const kept = blocks.filter((block) => {
        const isNear = from + block.height >= top && from <= bottom;
        from += block.height;
        return isNear || isHeld(block);
      });
      if (kept.length !== shown.length || kept.some((block, place) => block !== shown[place])) put(kept);
      kept.forEach((block) => { if (!block.isRead && !block.isAsked) read(block); });
    }
    function put(kept) {
      const bodies = [];
      let left = 0;
      for (const block of blocks) {
        if (!kept.includes(block)) { left += block.height; block.body = null; block.isRead = false; continue; }
        if (left) bodies.push(empty(left));
        left = 0;
        block.body ??= block.first ?? empty(block.height);
        block.first = null;
        bodies.push(block.body);
      }
      if (left) bodies.push(empty(left));
      all("tbody", table).forEach((body) => { if (!bodies.includes(body)) body.remove(); });
      bodies.reduce((place, body) => { if (place.nextElementSibling !== body) place.after(body); return body; }, table.tHead);
      shown = kept;
    }
    let isDue = false;
    function soon() {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => { isDue = false; arrange(); });
    }
    wrap.addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    soon();
  });

  // --- cells: arrows move, Enter or a click edits where it stands, Enter keeps, Escape leaves; the row comes back as the server has it

  function edit(cell) {
    const row = cell.closest("tr"), field = cell.dataset.field, before = [...cell.childNodes];
    if (cell.hasAttribute("data-editing") || !row.dataset.cells) return;
    const input = document.createElement("input");
    input.value = cell.firstChild?.nodeType === Node.TEXT_NODE ? cell.firstChild.data : "";
    input.setAttribute("aria-label", cell.closest("table").tHead.rows[0].cells[cell.cellIndex].textContent);
    const leave = () => { cell.removeAttribute("data-editing"); cell.replaceChildren(...before); goTo(cell); };
    const keep = async () => {
      const form = new URLSearchParams({ csrf: body.dataset.csrf, field, value: input.value, etag: row.dataset.etag ?? "", columns: cell.closest("[data-grid]").dataset.columns ?? "" });
      input.disabled = true;
      try {
        const { content } = await fragment(row.dataset.cells + location.search, { method: "POST", body: form });
        const next = one("tr", content), toast = one(".toast", content);
        if (toast) { one(".toast")?.remove(); body.append(toast); }
        if (next) { row.replaceWith(next); return goTo(one(`[data-field="${CSS.escape(field)}"]`, next)); }
        explain(cell, content.textContent.trim());
      } catch { /* What was typed stays. */ }
      input.disabled = false;
      input.setAttribute("aria-invalid", "true");
      input.focus();
    };
    cell.setAttribute("data-editing", "");
    cell.replaceChildren(input);
    input.select();
    input.addEventListener("keydown", (event) => { event.stopPropagation(); if (event.key === "Enter") { event.preventDefault(); keep(); } else if (event.key === "Escape") leave(); });
  }
  function explain(cell, text) {
    const line = one("[data-reason-line]", cell.closest("[data-grid]").parentElement);
    if (line) { line.textContent = text; line.hidden = !text; }
  }
  function goTo(cell) {
    if (!cell) return;
    cell.tabIndex = -1;
    cell.focus();
    explain(cell, cell.dataset.reason ?? "");
  }
  all("[data-grid]").forEach((wrap) => {
    wrap.addEventListener("click", (event) => { const cell = event.target.closest("td[data-field]"); if (cell) edit(cell); });
    // The number of a row that is bad as a whole says why.
    wrap.addEventListener("focusin", (event) => { const key = event.target.closest("th"); if (key) explain(key, key.dataset.reason ?? ""); });
    wrap.addEventListener("keydown", (event) => {
      const cell = event.target.closest("td[data-field]");
      const step = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
      if (step && cell) {
        const lines = all("tr[data-row]", wrap), line = lines[lines.indexOf(cell.parentElement) + step[0]];
        const next = line?.cells[cell.cellIndex + step[1]];
        goTo(next?.matches("td[data-field]") ? next : null);
      } else if (step && event.target === wrap) goTo(one("td[data-field]", wrap));
      else if ((event.key === "Enter" || event.key === "e") && cell) edit(cell);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  });

  // --- choosing rows: what can be done with them appears with how many they are

  all("form[data-choosing]").forEach((form) => {
    const count = () => {
      const number = all("input[name=record]:checked", form).length;
      all("[data-chosen]", form).forEach((place) => { place.hidden = number === 0; });
      all("[data-chosen-text]", form).forEach((place) => { place.textContent = place.dataset.chosenText.replace("{n}", number); });
    };
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-choose-all]")) all("input[name=record]", form).forEach((box) => { box.checked = event.target.checked; });
      count();
    });
    count();
  });

  // --- an outline: what stands in it is dragged elsewhere, or moved by Alt and an arrow; the server has the order

  all("[data-outline]").forEach((form) => {
    const wrap = form.parentElement, places = all("[data-place]", wrap);
    const level = (item) => item.dataset.place.split(":")[0];
    const send = (fields) => { for (const [name, value] of Object.entries(fields)) form.elements.namedItem(name).value = value; form.submit(); };
    let held = null;
    one("[data-outline-help]", wrap)?.removeAttribute("hidden");
    wrap.addEventListener("keydown", (event) => {
      const item = event.target.closest("[data-place]"), way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
      if (!item || !way || !event.altKey) return;
      event.preventDefault();
      send({ do: way, item: item.dataset.place });
    });
    // An activity goes behind another or first into a stage, a stage behind another.
    const target = (event) => {
      const item = event.target.closest("[data-place]");
      if (!held || !item || held.contains(item)) return null;
      return level(held) === "lane" ? item.closest("[data-place^='lane:']") : item;
    };
    const leave = () => places.forEach((item) => item.removeAttribute("data-over"));
    places.forEach((item) => { item.draggable = true; });
    wrap.addEventListener("dragstart", (event) => { held = event.target.closest("[data-place]"); event.dataTransfer?.setData("text/plain", held?.dataset.place ?? ""); });
    wrap.addEventListener("dragover", (event) => { leave(); const item = target(event); if (item) { event.preventDefault(); item.setAttribute("data-over", ""); } });
    wrap.addEventListener("dragend", () => { held = null; leave(); });
    wrap.addEventListener("drop", (event) => { const item = target(event); if (item) { event.preventDefault(); send({ do: "move", item: held.dataset.place, behind: item.dataset.place }); } });
    if (location.hash === "#chosen") document.getElementById("chosen")?.focus();
  });

  // Where a text for a machine is wrong, the cursor stands.
  all("textarea[data-line]").forEach((field) => {
    const lines = field.value.split("\n"), line = Number(field.dataset.line) - 1;
    const begin = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0);
    field.focus({ preventScroll: true });
    field.setSelectionRange(begin + Number(field.dataset.column) - 1, begin + (lines[line] ?? "").length);
    field.scrollTop = Math.max(0, line - 4) * parseFloat(getComputedStyle(field).lineHeight);
  });

  // --- what was typed survives a time-out and a sign-out by somebody else: it waits in this tab, for this person alone

  const place = (form) => `typed ${body.dataset.person} ${location.pathname} ${form.id}`;
  // What was made of a form has a page of its own: the form that was sent is over all the same.
  if (body.dataset.saved) [place({ id: body.dataset.saved }), sessionStorage.getItem("sent")].forEach((each) => sessionStorage.removeItem(each));
  all("form[data-keep]").forEach((form) => {
    const fields = () => all("input:not([type=hidden]):not([type=file]):not([type=password]):not([type=radio]), textarea, select", form).filter((field) => field.name);
    const value = (field) => (field.type === "checkbox" ? field.checked : field.value);
    const first = new Map(fields().map((field) => [field.name, value(field)]));
    // What the server has drawn anew has in it what was typed.
    if (form.hasAttribute("data-redrawn")) sessionStorage.removeItem(place(form));
    try {
      const typed = new Map(JSON.parse(sessionStorage.getItem(place(form)) ?? "[]"));
      const different = fields().filter((field) => typed.has(field.name) && typed.get(field.name) !== value(field));
      different.forEach((field) => { if (field.type === "checkbox") field.checked = typed.get(field.name); else field.value = typed.get(field.name); });
      const note = one("[data-kept]", form);
      if (note && different.length) note.hidden = false;
      if (different.length) form.closest("details.panel")?.setAttribute("open", "");
    } catch { sessionStorage.removeItem(place(form)); }
    form.addEventListener("submit", () => sessionStorage.setItem("sent", place(form)));
    // What was not touched does not wait: somebody else may change it meanwhile.
    form.addEventListener("input", () => {
      const now = JSON.stringify(fields().filter((field) => value(field) !== first.get(field.name)).map((field) => [field.name, value(field)]));
      if (now.length < 100000) sessionStorage.setItem(place(form), now);
    });
  });
  // A date in words, beside the field that a browser writes in its own way: it follows what is typed.
  const words = new Intl.DateTimeFormat(document.documentElement.lang === "ko" ? "ko" : "en-GB", { dateStyle: document.documentElement.lang === "ko" ? "long" : "medium", timeZone: "UTC" });
  const drawn = new Map();
  function inWords(field) {
    const line = one("[data-words]", field.parentElement);
    if (!line) return;
    if (!drawn.has(field)) drawn.set(field, line.textContent);
    line.textContent = field.value === field.defaultValue ? drawn.get(field) : field.valueAsDate ? words.format(field.valueAsDate) : "";
    line.hidden = !line.textContent;
  }
  all("input[type=date]").forEach(inWords);
  document.addEventListener("input", (event) => { if (event.target.matches("input[type=date]")) inWords(event.target); });
  // The secret of a link stands behind `#`, which browsers keep to themselves: it is posted, and no longer in the address.
  all("form[data-secret]").forEach((form) => {
    if (location.hash.length < 2) return;
    one("[name=secret]", form).value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    form.submit();
  });
  all("form[data-sign-out]").forEach((form) => form.addEventListener("submit", () => sessionStorage.clear()));
})();

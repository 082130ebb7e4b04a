// The front end of a quiz. It shows `page`, which Rust makes, and says what the learner does; it grades nothing.
// All texts in `page` that are HTML were made and escaped in Rust.

function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (name in element) {
            element[name] = value;
        } else {
            element.setAttribute(name, value);
        }
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
}

const html = (tag, className, content) => make(tag, { className, innerHTML: content });

function render({ model, el }) {
    const group = `course-quiz-${Math.random().toString(36).slice(2)}`;
    const heading = make("div", { className: "cq-title" });
    const count = make("div", { className: "cq-count" });
    const fill = make("div", { className: "cq-fill" });
    const bar = make("div", { className: "cq-bar", role: "progressbar", "aria-label": "questions done", "aria-valuemin": "0" }, fill);
    const body = make("div", { className: "cq-body" });
    // It stays in the page from the start: screen readers read out what changes in it.
    const live = make("div", { className: "cq-live", role: "status", "aria-live": "polite" });
    const foot = make("div", { className: "cq-foot" });
    const gone = make("p", { className: "cq-gone", textContent: "The kernel of this quiz has ended. Run the cell again to go on." });
    const root = make("section", { className: "course-quiz" }, heading, count, bar, body, live, foot, gone);

    let waiting = null;
    let typing = null;

    const say = (content) => {
        model.send({ turn: model.get("page").turn, ...content });
        clearTimeout(waiting);
        waiting = setTimeout(() => {
            live.replaceChildren(make("p", { textContent: "The kernel is busy. It goes on here as soon as the running cell has ended." }));
        }, 1500);
    };

    // Rust has heard it: whatever it says to it has come before this.
    const heard = () => clearTimeout(waiting);

    // What is chosen and typed and not yet answered: kept in the model, for other views and for a page that is opened again.
    const keep = (draft, delay = 0) => {
        clearTimeout(typing);
        const save = () => {
            model.set("draft", { turn: model.get("page").turn, ...draft });
            model.save_changes();
        };
        typing = setTimeout(save, delay);
    };

    const inputs = (selector) => [...body.querySelectorAll(selector)];
    const chosen = () => inputs("input.cq-pick").flatMap((input, place) => (input.checked ? [place] : []));
    const field = (name) => body.querySelector(`[data-field=${name}]`);

    function collect() {
        const { kind } = model.get("page").question;
        if (kind === "multiple-choice") {
            return { choices: chosen() };
        }
        if (kind === "short-answer") {
            return { text: field("text").value };
        }
        return { way: chosen()[0] ?? null, prints: field("prints").value, line: field("line").value };
    }

    // The draft as an answer, or what is missing for one.
    function answer() {
        const { kind, several } = model.get("page").question;
        const draft = collect();
        if (kind === "multiple-choice") {
            return draft.choices.length ? { choices: draft.choices } : several ? "Choose at least one." : "Choose one first.";
        }
        if (kind === "short-answer") {
            return draft.text.trim() ? { text: draft.text } : "Type an answer first.";
        }
        if (draft.way === 0) {
            return draft.prints.trim() ? { prints: draft.prints } : "Type what it prints.";
        }
        if (draft.way === 1) {
            const line = Number(draft.line);
            return Number.isInteger(line) && line > 0 ? { "fails-at": line } : "Type the number of the line.";
        }
        return "Choose whether it compiles.";
    }

    function submit() {
        const page = model.get("page");
        if (!page.question || page.verdict) {
            return;
        }
        const given = answer();
        if (typeof given === "string") {
            live.replaceChildren(make("p", { className: "cq-missing", textContent: given }));
        } else {
            live.replaceChildren();
            say({ event: "answer", ...given });
        }
    }

    // The choices and fields as a draft or an answer has them.
    function restore(draft) {
        if (!draft) {
            return;
        }
        const ways = draft.way === null || draft.way === undefined ? [] : [draft.way];
        inputs("input.cq-pick").forEach((input, place) => {
            input.checked = (draft.choices ?? ways).includes(place);
        });
        for (const name of ["text", "prints", "line"]) {
            const element = field(name);
            if (element && draft[name] !== undefined && element.value !== draft[name]) {
                element.value = draft[name];
            }
        }
    }

    function pick(place, type, content, mark) {
        const input = make("input", { type, className: "cq-pick", name: group });
        const key = make("span", { className: "cq-key", textContent: String(place + 1) });
        key.setAttribute("aria-hidden", "true");
        const label = make("label", { className: "cq-choice" }, input, key, content);
        if (mark && (mark.chosen || mark.right)) {
            label.classList.add(mark.right ? "cq-right" : "cq-wrong");
            const words = mark.right ? (mark.chosen ? "✓ your answer, right" : "✓ right answer") : "✗ your answer, not right";
            label.append(make("span", { className: "cq-mark", textContent: words }));
        }
        return label;
    }

    function listing(question) {
        if (!question.code) {
            return null;
        }
        const numbered = question.kind === "tracing";
        const lines = question.code.split("\n").map((line) => make("span", { className: "cq-line", textContent: `${line}\n` }));
        return make("pre", { className: numbered ? "cq-code cq-numbered" : "cq-code", tabIndex: 0, "aria-label": "the program" }, ...lines);
    }

    function controls(question, verdict) {
        if (question.kind === "multiple-choice") {
            const type = question.several ? "checkbox" : "radio";
            return question.choices.map((text, place) => pick(place, type, html("span", "cq-text", text), verdict?.marks[place]));
        }
        if (question.kind === "short-answer") {
            const input = make("input", { type: "text", className: "cq-field", autocomplete: "off", spellcheck: false, "data-field": "text" });
            if (question.number) {
                input.inputMode = "decimal";
            }
            return [make("label", { className: "cq-labelled" }, make("span", { textContent: "Your answer" }), input)];
        }
        const prints = make("textarea", { className: "cq-field cq-output", rows: 3, spellcheck: false, "data-field": "prints", "aria-label": "what it prints" });
        const line = make("input", { type: "number", min: 1, className: "cq-field cq-number", "data-field": "line", "aria-label": "line of the first error" });
        const compiles = pick(0, "radio", make("span", { className: "cq-text", textContent: "It compiles, and prints" }));
        const fails = pick(1, "radio", make("span", { className: "cq-text", textContent: "It does not compile: the first error is in line" }));
        // Typing into a field chooses its answer.
        prints.addEventListener("input", () => { inputs("input.cq-pick")[0].checked = true; });
        line.addEventListener("input", () => { inputs("input.cq-pick")[1].checked = true; });
        return [compiles, prints, fails, line];
    }

    function askAbout(page) {
        const { question, verdict } = page;
        const hint = question.several ? "Choose all that are right." : null;
        const legend = make("legend", { className: "cq-prompt" }, html("span", "", question.prompt));
        if (hint) {
            legend.append(make("span", { className: "cq-hint", textContent: hint }));
        }
        const fieldset = make("fieldset", { className: "cq-question" }, legend, listing(question), ...controls(question, verdict));
        const form = make("form", { className: "cq-form", autocomplete: "off" }, fieldset);
        form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
        form.addEventListener("input", (event) => keep(collect(), event.target.matches(".cq-pick") ? 0 : 300));
        body.replaceChildren(form);
        if (verdict) {
            const { given, marks } = verdict;
            const line = given?.fails_at;
            restore({
                choices: marks.length ? marks.flatMap((mark, place) => (mark.chosen ? [place] : [])) : undefined,
                way: question.kind === "tracing" ? (line === undefined ? 0 : 1) : null,
                text: typeof given === "string" ? given : undefined,
                prints: typeof given === "string" ? given : undefined,
                line: line === undefined ? undefined : String(line),
            });
            inputs("input, textarea").forEach((input) => { input.disabled = true; });
        } else {
            const draft = model.get("draft");
            restore(draft?.turn === page.turn ? draft : null);
        }
        foot.replaceChildren(verdict ? button(nextLabel(page), () => say({ event: "next" })) : button("Answer", submit), keys(page));
    }

    function nextLabel(page) {
        if (page.number < page.round_of) {
            return "Next question";
        }
        return page.done < page.of ? "Ask the missed ones again" : "See how it went";
    }

    function keys(page) {
        const text = page.verdict ? "Enter goes on" : page.question.kind === "tracing" ? "Tab moves, Ctrl + Enter answers"
            : page.question.kind === "short-answer" ? "Enter answers" : "1–9 or arrows choose, Enter answers";
        return make("span", { className: "cq-keys", textContent: text });
    }

    const button = (label, action) => {
        const element = make("button", { type: "button", className: "cq-button", textContent: label });
        element.addEventListener("click", action);
        return element;
    };

    // The verdict in words, with the reason for what was chosen and for what is right.
    function judge(verdict) {
        const word = verdict.right ? "✓ Right." : "✗ Not right.";
        const parts = [make("p", { className: verdict.right ? "cq-verdict cq-right" : "cq-verdict cq-wrong", textContent: word })];
        if (verdict.answer && !verdict.right) {
            parts.push(html("p", "cq-why", `The answer: ${verdict.answer}`));
        }
        verdict.marks.forEach((mark, place) => {
            if (mark.explanation !== null) {
                const which = mark.right ? (mark.chosen ? "your answer, right" : "right answer") : "your answer, not right";
                const line = make("p", { className: "cq-why" }, make("strong", { textContent: `${mark.right ? "✓" : "✗"} ${place + 1}, ${which}: ` }));
                line.append(html("span", "", mark.explanation));
                parts.push(line);
            }
        });
        parts.push(...verdict.notes.map((note) => html("p", "cq-why", note)));
        if (verdict.section) {
            parts.push(make("p", { className: "cq-section", textContent: `To read again: notebook ${verdict.section}. This question comes back at the end.` }));
        } else if (!verdict.right) {
            parts.push(make("p", { className: "cq-section", textContent: "This question comes back at the end." }));
        }
        return parts;
    }

    function summarise(page) {
        const score = make("p", { className: "cq-score", textContent: `${page.right} of ${page.of} right at the first answer.` });
        const best = page.best === null || page.best === undefined ? null
            : make("p", { textContent: `Your best so far: ${page.best} of ${page.of}.` });
        const parts = [make("p", { className: "cq-verdict cq-right", textContent: "✓ Every question is answered." }), score, best];
        if (page.missed.length) {
            parts.push(make("p", { textContent: "Worth a second look:" }));
            parts.push(make("ul", {}, ...page.missed.map(({ prompt, section }) => {
                const item = html("li", "", prompt);
                if (section) {
                    item.append(make("span", { className: "cq-section", textContent: ` (notebook ${section})` }));
                }
                return item;
            })));
        }
        body.replaceChildren(...parts.filter((part) => part !== null));
        foot.replaceChildren(button("Take it again", () => say({ event: "again" })));
    }

    function draw() {
        const page = model.get("page");
        clearTimeout(waiting);
        clearTimeout(typing);
        const focused = root.contains(document.activeElement);
        root.setAttribute("aria-label", `Quiz: ${page.title}`);
        heading.textContent = `Quiz: ${page.title}`;
        const where = !page.question ? "Done" : page.round === 1 ? `Question ${page.number} of ${page.of}`
            : `Once more: ${page.number} of ${page.round_of}`;
        count.textContent = `${where} · ${page.right} right at the first answer`;
        bar.setAttribute("aria-valuemax", page.of);
        bar.setAttribute("aria-valuenow", page.done);
        fill.style.width = `${(100 * page.done) / page.of}%`;
        root.dataset.phase = !page.question ? "done" : page.verdict ? "answered" : "asking";
        if (page.question) {
            askAbout(page);
        } else {
            summarise(page);
        }
        const note = page.note ? [make("p", { className: "cq-missing", textContent: page.note })] : [];
        live.replaceChildren(...(page.verdict ? judge(page.verdict) : []), ...note);
        // Only the view in which the learner is moves the focus.
        if (focused) {
            const asking = page.question && !page.verdict;
            const target = asking ? body.querySelector("input:checked, input.cq-pick, .cq-field") : foot.querySelector("button");
            target?.focus();
        }
    }

    // Keys that mean something here do not reach the notebook, where a digit would turn the cell into a heading.
    root.addEventListener("keydown", (event) => {
        const typed = event.target.matches("textarea, input[type=text], input[type=number]");
        if (event.key === "Enter" && event.ctrlKey && root.dataset.phase === "asking") {
            event.preventDefault();
            event.stopPropagation();
            submit();
            return;
        }
        if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape") {
            return;
        }
        event.stopPropagation();
        // A key held down would answer, and go on at once.
        if (event.key === "Enter" && event.repeat) {
            event.preventDefault();
            return;
        }
        const picks = inputs("input.cq-pick");
        if (event.key === "Enter" && event.target.matches("input")) {
            event.preventDefault();
            submit();
        } else if (/^[1-9]$/.test(event.key) && !typed) {
            const input = picks[Number(event.key) - 1];
            if (input && !input.disabled) {
                event.preventDefault();
                input.focus();
                input.click();
            }
        } else if (event.key.startsWith("Arrow") && event.target.matches("input[type=checkbox]")) {
            const step = event.key === "ArrowDown" || event.key === "ArrowRight" ? 1 : -1;
            event.preventDefault();
            picks[(picks.indexOf(event.target) + step + picks.length) % picks.length].focus();
        }
    });

    const follow = () => {
        const page = model.get("page");
        const draft = model.get("draft");
        // Where the learner is typing, what stands in the field is newer.
        const typing = document.hasFocus() && root.contains(document.activeElement);
        if (!typing && page.question && !page.verdict && draft?.turn === page.turn) {
            restore(draft);
        }
    };
    model.on("change:page", draw);
    model.on("change:draft", follow);
    model.on("msg:custom", heard);
    draw();
    el.append(root);
    return () => {
        clearTimeout(waiting);
        clearTimeout(typing);
        model.off("change:page", draw);
        model.off("change:draft", follow);
        model.off("msg:custom", heard);
    };
}

export default { render };

export default {
    render({ model, el }) {
        const button = (text, title, target) => {
            const one = document.createElement("button");
            one.textContent = text;
            one.title = title;
            one.setAttribute("aria-label", title);
            one.style.cssText = "padding:1px 8px;cursor:pointer;color:inherit;background:rgba(128,128,128,0.15);border:1px solid rgba(128,128,128,0.5);border-radius:3px";
            one.onclick = () => go(target());
            return one;
        };
        const total = () => model.get("total");
        const size = () => model.get("size");
        const first = () => model.get("first");
        const last = () => Math.max(0, Math.floor((total() - 1) / size()) * size());
        const go = (row) => {
            const wanted = Math.min(Math.max(0, row), last());
            if (wanted !== first()) {
                model.set("first", wanted);
                model.save_changes();
            }
        };
        const toFirst = button("⏮", "first rows", () => 0);
        const back = button("◀", "rows before", () => first() - size());
        const on = button("▶", "next rows", () => first() + size());
        const toLast = button("⏭", "last rows", last);
        const where = document.createElement("span");
        const field = document.createElement("input");
        field.type = "number";
        field.min = 0;
        field.title = "go to a row by its number";
        field.setAttribute("aria-label", "go to row");
        field.placeholder = "row";
        field.style.cssText = "width:7em;color:inherit;background:transparent;border:1px solid rgba(128,128,128,0.5);border-radius:3px;padding:1px 4px";
        field.onchange = () => {
            const row = Number.parseInt(field.value, 10);
            if (!Number.isNaN(row)) {
                go(Math.floor(Math.min(row, total() - 1) / size()) * size());
            }
        };
        const bar = document.createElement("div");
        bar.style.cssText = "display:flex;flex-wrap:wrap;gap:6px;align-items:center;padding:2px 0";
        bar.append(toFirst, back, on, toLast, field, where);
        const table = document.createElement("div");
        table.style.cssText = "overflow-x:auto";
        const show = () => {
            table.innerHTML = model.get("html");
            const end = Math.min(first() + size(), total());
            where.textContent = `rows ${first().toLocaleString("en")} to ${(end - 1).toLocaleString("en")} of ${total().toLocaleString("en")}`;
            toFirst.disabled = back.disabled = first() === 0;
            on.disabled = toLast.disabled = first() >= last();
        };
        model.on("change:html", show);
        show();
        el.append(bar, table);
    },
};

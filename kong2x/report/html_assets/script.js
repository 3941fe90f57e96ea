"use strict";
(function () {
  function wire(section) {
    const rows = Array.from(section.querySelectorAll("[data-row]"));
    const controls = Array.from(section.querySelectorAll("[data-filter]"));
    const count = section.querySelector("[data-count]");
    function apply() {
      let shown = 0;
      for (const row of rows) {
        const keep = controls.every(function (control) {
          const wanted = control.value.trim().toLowerCase();
          if (!wanted) { return true; }
          const value = (row.dataset[control.dataset.filter] || "").toLowerCase();
          return control.tagName === "SELECT" ? value === wanted : value.includes(wanted);
        });
        row.hidden = !keep;
        if (keep) { shown += 1; }
      }
      if (count) { count.textContent = shown + " of " + rows.length; }
    }
    for (const control of controls) { control.addEventListener("input", apply); }
    apply();
  }
  for (const section of document.querySelectorAll("[data-filtered]")) { wire(section); }
})();

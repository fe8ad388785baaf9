// What lives on a page is fetched again when the server says that something is new. Not while the page is hidden, not while
// somebody paused it, and never under the hands of whoever is typing in it.
(function () {
  "use strict";
  var source = null;
  var paused = false;
  var stream = document.querySelector("[data-live-stream]");
  if (!stream || !window.EventSource || !window.htmx) { return; }

  var button = document.querySelector("[data-live-pause]");
  var word = document.querySelector("[data-live-word]");

  function refresh() {
    document.querySelectorAll("[data-live]").forEach(function (part) {
      if (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, summary")) { return; }
      window.htmx.ajax("GET", window.location.href, { source: part, target: part, select: "#" + part.id, swap: "outerHTML" });
    });
  }

  function say(text) { if (word) { word.textContent = text; } }

  function listen() {
    if (source || paused || document.hidden) { return; }
    source = new window.EventSource(stream.getAttribute("data-live-stream"));
    source.addEventListener("news", refresh);
    source.onopen = function () { say("live"); };
    source.onerror = function () { say("reconnecting"); };
  }

  function rest(text) {
    if (source) { source.close(); source = null; }
    say(text);
  }

  document.addEventListener("visibilitychange", function () {
    if (document.hidden) { rest("paused"); } else if (!paused) { refresh(); listen(); }
  });
  window.addEventListener("pagehide", function () { rest("paused"); });
  if (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      paused = !paused;
      button.textContent = paused ? "Resume updates" : "Pause updates";
      if (paused) { rest("paused"); } else { refresh(); listen(); }
    });
  }
  listen();
})();

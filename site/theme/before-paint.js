// Runs before the first paint, so that a reader who chose light or dark never sees the other flash.
try { const theme = localStorage.getItem("theme"); if (theme) document.documentElement.dataset.theme = theme; } catch { /* storage is closed: follow the system */ }
document.documentElement.classList.add("js");

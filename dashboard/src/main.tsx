import "./style.css";
import { render } from "preact";
import { App } from "./app";
import { loadConfig } from "./config";

const root = document.getElementById("app") as HTMLElement;

loadConfig().then(
  (config) => render(<App config={config} />, root),
  (error: Error) => {
    root.textContent = error.message;
    root.setAttribute("role", "alert");
  },
);

/** The page: who is signed in, which view the address names, and the bar above all of them. */

import { h, say } from "./dom.js";
import { Session } from "./session.js";
import { TopBar } from "./views/top-bar.js";
import { DeploymentPage } from "./views/deployment-page.js";
import { DeploymentList } from "./views/deployment-list.js";
import { SignIn } from "./views/sign-in.js";
import { Failure } from "./views/failure.js";

const session = new Session(new URL("api/v1/", document.baseURI));
const main = document.getElementById("main");
const bar = new TopBar(document.getElementById("top"), session);
let shown = null;

/** `#/D1BRV40/dev` or `#/D1BRV40/dev/op-5f2c9a1b7e30`; everything else is the list. */
function place() {
  const [deployment, environment = null, operation = null] = location.hash.replace(/^#\/?/, "").split("/");
  return /^[A-Z0-9]{4,16}$/.test(deployment) ? { deployment, environment, operation } : null;
}

function viewOf(wanted) {
  if (!session.me) return new SignIn(session);
  return wanted ? new DeploymentPage(session, wanted, bar) : new DeploymentList(session, bar);
}

/** Show what the address names; whether that is another view than before. */
function show() {
  const wanted = place();
  if (session.me && wanted && shown instanceof DeploymentPage && shown.goTo(wanted)) return false;
  shown?.close();
  bar.reset();
  shown = viewOf(wanted);
  main.replaceChildren(shown.element);
  document.title = shown.title;
  shown.open();
  return true;
}

async function start() {
  try {
    await session.resume();
    show();
  } catch (problem) {
    say(document.getElementById("starting"), "");
    main.replaceChildren(new Failure(problem, start).element);
  }
}

session.addEventListener("change", show);
addEventListener("hashchange", () => {
  if (show()) main.focus({ preventScroll: true });
});
addEventListener("unhandledrejection", (event) => {
  main.prepend(h("p", { class: "notice bad", role: "alert" }, `Something went wrong in this page: ${event.reason}`));
});
start();

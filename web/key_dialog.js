// Asks for the API key of a server that has one.

import {byId} from "./dom.js";
import {storedKey, storeKey} from "./server.js";

/** True if a key was entered: it is stored for this tab. `refused`: the one before was wrong. */
function askKey(refused) {
  const dialog = byId("key-dialog"), input = byId("key");
  byId("key-refused").hidden = !refused;
  input.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const isEntered = dialog.returnValue === "use" && input.value.trim() !== "";
      if (isEntered) storeKey(input.value.trim());
      input.value = "";
      resolve(isEntered);
    }, {once: true});
  });
}

/** Runs `work`; as often as the server wants another key, asks for it and runs `work` again. */
export async function withKey(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error.status !== 401) throw error;
      const refused = storedKey() !== "";
      storeKey("");
      if (!(await askKey(refused))) throw error;
    }
  }
}

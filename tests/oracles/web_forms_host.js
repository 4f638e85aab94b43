// A page around ODK Web Forms: loads the first form of a list, and sends what is filled in.
import { OdkWebForm, webFormsPlugin } from "@getodk/web-forms";
import { createApp, h } from "vue";

const base = document.getElementById("app").dataset.address;
const read = async (address) => (await fetch(address)).text();
const list = new DOMParser().parseFromString(await read(`${base}/formList`), "text/xml");
const formXml = await read(list.querySelector("downloadUrl").textContent);
const manifest = list.querySelector("manifestUrl")?.textContent;
const files = new Map();
if (manifest) {
  const found = new DOMParser().parseFromString(await read(manifest), "text/xml");
  for (const file of found.querySelectorAll("mediaFile")) {
    files.set(file.querySelector("filename").textContent, file.querySelector("downloadUrl").textContent);
  }
}

async function submit(payload) {
  const statuses = [];
  for (const data of payload.data) {
    const sent = await fetch(`${base}/submission`, { method: "POST", body: data });
    statuses.push(sent.status);
  }
  document.title = `sent ${statuses.join(" ")}`;
}

createApp({
  render: () =>
    h(OdkWebForm, {
      formXml,
      fetchFormAttachment: (address) => fetch(files.get(String(address).split("/").pop())),
      missingResourceBehavior: "BLANK",
      onSubmit: submit,
    }),
})
  .use(webFormsPlugin)
  .mount("#app");

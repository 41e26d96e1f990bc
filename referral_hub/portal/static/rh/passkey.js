// Passkeys: the browser asks the device, the answer goes to the server in a form like any other.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const open = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

const answer = (credential) => {
  const said = credential.response;
  const response = { clientDataJSON: text(said.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (said[part]) response[part] = text(said[part]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
};

const offer = (form, ask) => {
  const failed = document.querySelector("[data-rh-passkey-failed]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    try {
      form.elements.credential.value = answer(await ask());
      form.submit();
    } catch {
      failed.hidden = false; // given up, no such key, or no such device: which one is nobody's business
    }
  });
};

const proving = document.querySelector("form[data-rh-passkey-ask]");
const making = document.querySelector("form[data-rh-passkey-make]");
if (window.PublicKeyCredential) {
  if (proving) {
    offer(proving, async () => {
      const asked = await (await fetch(proving.dataset.rhPasskeyAsk, { credentials: "same-origin" })).json();
      const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: open(asked.allowCredentials) };
      return navigator.credentials.get({ publicKey });
    });
  }
  if (making) {
    offer(making, () => {
      const asked = JSON.parse(making.dataset.rhPasskeyMake);
      const publicKey = {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: open(asked.excludeCredentials),
      };
      return navigator.credentials.create({ publicKey });
    });
  }
}

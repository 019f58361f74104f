// The script that asks the browser's passkey and puts the answer into the form. Everything else works without it; it
// decides nothing, and it starts only when a person presses a button (no page sends itself).

import { createHash } from 'node:crypto';

/**
 * A form with `data-passkey` is first sent by fetch: the answer is a question for the passkey, or a page. The passkey's
 * answer goes into a hidden field, and the form is sent as any other.
 * What was chosen elsewhere on the page comes along where `data-takes` names it. A press begins anew: an answer counts
 * once, and one that an earlier press left behind would be refused.
 */
export const passkeyScript = `
'use strict';
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (each) => each.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const listed = (ids) => ids.map((id) => ({ type: 'public-key', id: bytes(id) }));

  async function asked({ challenge, rpId, credentialIds }) {
    const options = { rpId, userVerification: 'required', timeout: 300000 };
    const { id, response } = await navigator.credentials.get({
      publicKey: { ...options, challenge: bytes(challenge), allowCredentials: listed(credentialIds) },
    });
    return {
      credentialId: id,
      clientDataJson: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      user: response.userHandle ? text(response.userHandle) : '',
    };
  }

  async function made({ challenge, rpId, rpName, user, credentialIds, algorithms }) {
    const { response } = await navigator.credentials.create({
      publicKey: {
        challenge: bytes(challenge),
        rp: { id: rpId, name: rpName },
        user: { ...user, id: bytes(user.id) },
        pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: listed(credentialIds),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        timeout: 300000,
      },
    });
    return { clientDataJson: text(response.clientDataJSON), attestationObject: text(response.attestationObject) };
  }

  function keep(form, name, value) {
    let field = form.querySelector('input[type=hidden][name="' + name + '"]');
    if (!field) {
      field = document.createElement('input');
      field.type = 'hidden';
      field.name = name;
      field.dataset.kept = '';
      form.append(field);
    }
    field.value = value;
  }

  async function run(form, button) {
    for (const field of form.querySelectorAll('[data-kept]')) field.remove();
    const chosen = form.dataset.takes && document.querySelector('[name=' + form.dataset.takes + ']:checked');
    if (chosen) keep(form, chosen.name, chosen.value);
    for (;;) {
      const body = new URLSearchParams(new FormData(form));
      if (button && button.name) body.append(button.name, button.value);
      const reply = await fetch(form.getAttribute('action') || location.href, {
        method: 'POST',
        headers: { accept: 'application/json' },
        body,
        redirect: 'manual',
      });
      if (!reply.ok || !(reply.headers.get('content-type') || '').startsWith('application/json')) break;
      const { get, create, field, keeps, last } = await reply.json();
      const { user, ...answer } = get ? await asked(get) : await made(create);
      keep(form, field, JSON.stringify(answer));
      if (user) keep(form, 'passkey_user', user);
      for (const [name, value] of Object.entries(keeps || {})) keep(form, name, value);
      if (last) break;
    }
    form.dataset.answered = '1';
    form.requestSubmit(button);
  }

  function say(form, which) {
    const place = form.querySelector('[data-passkey-note]') ? form : document;
    for (const note of place.querySelectorAll('[data-passkey-note]')) note.hidden = note.dataset.passkeyNote !== which;
    form.removeAttribute('aria-busy');
    for (const button of form.querySelectorAll('button')) button.disabled = false;
  }

  for (const form of document.querySelectorAll('form[data-passkey]'))
    form.addEventListener('submit', (event) => {
      if (form.dataset.answered) return;
      event.preventDefault();
      if (form.hasAttribute('aria-busy')) return;
      const button = event.submitter;
      say(form, '');
      form.setAttribute('aria-busy', 'true');
      run(form, button).catch((error) => say(form, error.name === 'InvalidStateError' ? 'taken' : 'failed'));
    });
})();
`.trim();

const hash = createHash('sha256').update(passkeyScript).digest('hex').slice(0, 16);

/** Path on the pages door; whatever is served there never changes. */
export const passkeyScriptPath = `/assets/passkey.${hash}.js`;

// A person's browser, as far as a sign-in needs one: cookies, redirects, and the consent page's form.

/** Goes from an authorization address to the client's own, allowing what is asked; answers it. */
export async function signIn(address, redirect) {
  const cookies = new Map();
  let next = new URL(address);
  let form;
  for (let step = 0; step < 12; step += 1) {
    if (next.href.startsWith(redirect)) return next;
    const headers = {};
    const jar = cookies.get(next.host);
    if (jar) headers.cookie = jar;
    const answer = await fetch(next, { method: form ? "POST" : "GET", body: form, headers, redirect: "manual" });
    form = undefined;
    const cookie = answer.headers.get("set-cookie");
    if (cookie) cookies.set(next.host, cookie.split(";")[0]);
    const text = await answer.text();
    const location = answer.headers.get("location");
    if (location) {
      next = new URL(location, next);
      continue;
    }
    if (answer.status !== 200) throw new Error(`${next} answers ${answer.status}: ${text}`);
    form = new URLSearchParams({ decision: "allow" });
    for (const [, name, value] of text.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)) form.set(name, value);
    next = new URL("/consent", next);
  }
  throw new Error("the sign-in goes in circles");
}

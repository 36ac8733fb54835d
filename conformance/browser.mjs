// As much of a browser as a login needs: follows redirects, keeps cookies,
// fills in forms. The pages need no script.

export class Browser {
  #cookies = new Map();

  /** Goes to a page; stops at a redirect to `until`, and gives that URL. */
  async visit(url, until, options = {}) {
    for (let hop = 0; hop < 12; hop += 1) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers = { ...options.headers, ...(cookie ? { cookie } : {}) };
      const reply = await fetch(url, { ...options, headers, redirect: "manual" });
      for (const set of reply.headers.getSetCookie()) {
        const [name, value] = set.split(";")[0].split(/=(.*)/s);
        this.#cookies.set(name, value);
      }
      const location = reply.headers.get("location");
      if (!location) return { url, status: reply.status, html: await reply.text() };
      url = new URL(location, url).href;
      if (url.startsWith(until)) return { redirected: url };
      options = {};
    }
    throw new Error(`too many redirects, the last to ${url}`);
  }

  /** Submits the form of a page with these fields, and the button of this name if one is named. */
  async submit(page, fields, until) {
    const action = page.html.match(/<form[^>]*action="([^"]*)"/)?.[1];
    if (!action) throw new Error(`no form on ${page.url}: ${page.html.slice(0, 300)}`);
    const body = new URLSearchParams();
    for (const [tag] of page.html.matchAll(/<input[^>]*>/g)) {
      const name = tag.match(/name="([^"]*)"/)?.[1];
      if (name) body.set(name, unescape(tag.match(/value="([^"]*)"/)?.[1] ?? ""));
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return this.visit(new URL(unescape(action), page.url).href, until, { method: "POST", body });
  }
}

function unescape(text) {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&#x27;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

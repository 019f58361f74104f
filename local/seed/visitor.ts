// Somebody at a browser without scripts: opens a page, fills the form that is there, keeps cookies. The seed and the
// demo act through it, so that everything they do went through the same pages as a person's.

export interface PageSeen {
  readonly status: number;
  readonly html: string;
  /** Where a redirect led to; `url` is where it came from. */
  readonly location: string | undefined;
  readonly url: string;
}

export class Visitor {
  readonly #cookies = new Map<string, string>();

  async open(url: string): Promise<PageSeen> {
    return this.#ask(url, { method: 'GET' });
  }

  /** Posts the page's form: its hidden fields, and what the person typed. */
  async submit(page: PageSeen, typed: Readonly<Record<string, string>>): Promise<PageSeen> {
    const fields = new URLSearchParams(hiddenFields(page.html));
    for (const [name, value] of Object.entries(typed)) fields.set(name, value);
    return this.#ask(page.url, {
      method: 'POST',
      body: fields.toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: new URL(page.url).origin,
        'sec-fetch-site': 'same-origin',
      },
    });
  }

  /** JSON of the same signed-in door. */
  async call(
    method: 'GET' | 'POST',
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<unknown> {
    const seen = await this.#ask(url, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (seen.status >= 300) throw new Error(`${method} ${url}: ${seen.status} ${seen.html.slice(0, 300)}`);
    return seen.html === '' ? undefined : JSON.parse(seen.html);
  }

  cookie(part: string): string | undefined {
    return [...this.#cookies].find(([name]) => name.includes(part))?.[1];
  }

  async #ask(url: string, init: RequestInit): Promise<PageSeen> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location') ?? undefined;
    return {
      status: response.status,
      html: await response.text(),
      location: location && new URL(location, url).href,
      url,
    };
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const at = pair.indexOf('=');
    const gone = attributes.some((one) => /^\s*max-age=0\s*$/i.test(one));
    if (gone) this.#cookies.delete(pair.slice(0, at));
    else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

function hiddenFields(html: string): [string, string][] {
  return [...html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [
    attribute(tag, 'name'),
    attribute(tag, 'value'),
  ]);
}

function attribute(tag: string, name: string): string {
  return unescaped(new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** What a page that was not expected says, for the message of an error. */
export function heading(page: PageSeen): string {
  const h1 = /<h1[^>]*>([\s\S]*?)<\/h1>/.exec(page.html)?.[1] ?? '';
  const problem = /<ul class="problems"[^>]*>([\s\S]*?)<\/ul>/.exec(page.html)?.[1] ?? '';
  return `${page.status} ${unescaped(`${h1} ${problem}`.replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()}`;
}

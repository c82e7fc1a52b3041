"""The look of every page: one layout, one style sheet inside it, nothing from elsewhere."""

from html import escape

from starlette.responses import HTMLResponse

STYLE = """
:root { --ink: #1d2430; --soft: #5c6675; --line: #dde2ea; --paper: #fff; --back: #f4f6f9; --accent: #3b4cca;
  --good: #12703f; --bad: #a32020; --wait: #7a4f01; color-scheme: light dark }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf3; --soft: #a3adbd; --line: #333c4b; --paper: #1a202b; --back: #11151d; --accent: #9aa8ff;
    --good: #6fd39f; --bad: #ff9b9b; --wait: #f0c36d }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif }
header, main { max-width: 60rem; margin: 0 auto; padding: 1rem }
main.narrow { max-width: 32rem }
header { display: flex; gap: 1rem; align-items: baseline; justify-content: space-between; color: var(--soft) }
a { color: var(--accent) }
h1 { font-size: 1.5rem; margin: 0 0 .5rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem;
  margin: 1rem 0 }
.card > h2:first-child { margin-top: 0 }
.amount { font-size: 2.2rem; font-weight: 650; margin: 0 }
.soft { color: var(--soft) } .good { color: var(--good) } .bad { color: var(--bad) } .wait { color: var(--wait) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 500 }
code { font-size: .9em; overflow-wrap: anywhere } td code { white-space: nowrap }
form { display: grid; gap: .75rem } form + form { margin-top: .75rem }
button, select { font: inherit; padding: .7rem 1rem; border-radius: .5rem; border: 1px solid var(--line); width: 100%;
  background: var(--paper); color: var(--ink) }
button { cursor: pointer; font-weight: 600 }
button.primary { background: #2f3fb5; border-color: #2f3fb5; color: #fff }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
"""

GOOD = {"succeeded", "success", "processed", "captured", "requires_capture", "completed", "won"}
GOOD |= {"delivered", "read", "approved"}
BAD = {"failed", "canceled", "declined", "voided", "unreachable", "dropped", "lost", "undelivered", "rejected"}


def page(title: str, body: str, *, narrow: bool = False, status: int = 200) -> HTMLResponse:
    """`body` is finished HTML: whoever writes it escapes what came from outside."""
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · Sandbox</title><link rel="icon" href="data:,"><style>{STYLE}</style></head>
<body>
<header><a href="/">Sandbox</a><span>No real money moves here</span></header>
<main{' class="narrow"' if narrow else ""}>
{body}
</main>
</body>
</html>""",
        status,
        {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:"},
    )


def state(word: str) -> str:
    word = word.lower()
    tone = "good" if word in GOOD or word.startswith("2") else "bad" if word in BAD or word[0] in "345" else "wait"
    return f'<strong class="{tone}">{escape(word.replace("_", " "))}</strong>'


def link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>' if address else escape(text)


def table(headings: list[str], rows: list[list[str]], empty: str) -> str:
    """Cells are finished HTML."""
    if not rows:
        return f'<p class="soft">{escape(empty)}</p>'
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

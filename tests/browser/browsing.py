"""What tests of the page do again and again."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

RUN = "from chainrule.cli import main; main()"
PLACES = ["tab=recognise", "tab=train", "tab=regression", "tab=evaluate", "tab=back&step=forward:conv1",
          "tab=back&step=loss", "tab=back&step=backward:loss", "tab=back&step=backward:conv2",
          "tab=back&step=backward:maxpooling1", "tab=back&step=update"]  # fmt: skip

PATIENCE = 30
"""Seconds, on a machine that does something else, too."""
SEVEN = [(70, 60), (110, 58), (160, 56), (205, 60), (180, 110), (155, 160), (135, 215)]
"""A stroke, on a pad of 280 x 280."""
SAID_AFTER_PEN_UP = """() => {
    window.taken = undefined;
    let begin = 0;
    window.addEventListener("pointerup", () => { begin = performance.now() }, {once: true, capture: true});
    const answered = () => performance.getEntriesByName(new URL("/api/forward", location.href).href)
        .some(each => begin > 0 && each.startTime > begin && each.responseEnd > 0);
    const look = () => requestAnimationFrame(() => {
        if (!answered()) look();
        else requestAnimationFrame(() => { window.taken = performance.now() - begin });
    });
    look();
}"""
"""Takes the time from when the pen is lifted to the frame that shows the answer, in milliseconds."""
SETTLED = "document.querySelector('.inspector .why:not(.stale) .sums, .card.update .change strong[class]') !== null"


def until(page: Any, script: str, arg: Any = None) -> None:
    """Until that is so. Playwright's own way is an eval, which the page's Content-Security-Policy refuses."""
    end = perf_counter() + PATIENCE
    while not page.evaluate(script, arg):
        assert perf_counter() < end, f"not so in {PATIENCE} seconds: {script}"
        page.wait_for_timeout(10)


def settle(page: Any) -> None:
    """Until the step's number is explained."""
    until(page, SETTLED)
    page.wait_for_load_state("networkidle")


def ask(page: Any, path: str, **more: Any) -> Any:
    """What the server answers to this page, of the pass that it shows first."""
    script = """async ([path, more]) => {
        const headers = {"Content-Type": "application/json",
                         "X-Chainrule-Token": document.querySelector("meta[name=chainrule-token]").content};
        const answer = await fetch(path, more === null ? {headers}
                                                       : {method: "POST", headers, body: JSON.stringify(more)});
        return answer.json();
    }"""
    return page.evaluate(script, [path, more or None])


def heading(page: Any) -> str:
    return page.locator(".card h2").inner_text()


def show(page: Any, place: str) -> None:
    """A place, and all that it asks for."""
    page.evaluate("hash => { location.hash = hash }", place)
    page.wait_for_timeout(100)
    if "tab=back" in place:
        settle(page)
    page.wait_for_load_state("networkidle")


def draw(page: Any, points: Sequence[tuple[int, int]] = SEVEN) -> tuple[Any, Any, float]:
    """Draw with the mouse; the answers to the requests that follow, and how long they took."""
    pad = page.locator(".pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    places = [(box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.evaluate(SAID_AFTER_PEN_UP)
    with page.expect_response("**/api/strokes") as strokes, page.expect_response("**/api/forward") as forward:
        page.mouse.up()
    until(page, "window.taken !== undefined")
    return strokes.value, forward.value.json(), page.evaluate("window.taken")

"""Takes the pictures of the guide's chapters: runs their programs, and saves screenshots in `docs/images`.

Used when a chapter's program or the look of the page has changed: `python scripts/docs_pictures.py [NAME …]`. Needs the
packages of the tests, Chromium and ffmpeg.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from PIL import Image, ImageChops
from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.browser.jupyter_lab import jupyter_lab, run_the_cell  # noqa: E402
from tests.docs import drill  # noqa: E402
from tests.docs.pages import blocks_of  # noqa: E402

from millstream import Blocks  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
CALM = "footer { display: none !important }"


def record(page: Page) -> None:
    """Stream for some seconds."""
    page.get_by_role("button", name="Record").first.click()
    page.wait_for_timeout(4_000)


def press(name: str, for_ms: float = 1_500) -> Callable[[Page], None]:
    """Press a button, and wait for what it shows."""

    def use(page: Page) -> None:
        page.get_by_role("button", name=name, exact=True).first.click()
        page.wait_for_timeout(for_ms)

    return use


def rest(page: Page) -> None:
    """Change nothing."""


def show_latency(page: Page) -> None:
    """Stream, and open the latency panel."""
    record(page)
    page.keyboard.press("Alt+l")
    page.wait_for_timeout(2_500)
    page.locator("button", has_text="fps").first.click()
    page.wait_for_timeout(1_500)


def chat(page: Page) -> None:
    """Send a message, and wait for the reply."""
    field = page.get_by_role("textbox").first
    field.fill("Hello")
    field.press("Enter")
    page.wait_for_timeout(2_500)


def greet(page: Page) -> None:
    """Enter a name, and press the only button."""
    page.get_by_role("textbox").first.fill("Ada")
    press("Grüßen")(page)


def save_two(page: Page) -> None:
    """Have two conversations, and open the sidebar that lists them."""
    chat(page)
    press("New chat")(page)
    field = page.get_by_role("textbox").first
    field.fill("What did I say?")
    field.press("Enter")
    page.wait_for_timeout(2_500)


def show_mirror(page: Page) -> None:
    """Go to another page by the navigation bar, and stream there."""
    page.get_by_role("link", name="Mirror").click()
    page.get_by_role("button", name="Record").wait_for()
    page.add_style_tag(content=CALM)
    record(page)


class Picture(NamedTuple):
    """A picture of a program.

    Attributes:
        page: The chapter.
        has: A text that only the program's block contains.
        use: Brings the page into the state that is shown.
        width: Of the window, in pixels.
        height: Of the window; a taller page is shown whole.
        locale: The language of the visitor's browser.
    """

    page: str
    has: str
    use: Callable[[Page], None] = rest
    width: int = 760
    height: int = 800
    locale: str = "en-US"


PICTURES = {
    "batching": Picture("batching", "def classify", record),
    "bars": Picture("data", "BarPlot(SALES"),
    "chat": Picture("components", "gr.ChatInterface(reply", chat, height=400),
    "chat-table": Picture("chat-apps", "Here are the squares.", chat, height=480),
    "conversation": Picture("conversations", "say it backwards", record),
    "dial": Picture("own-components", "from dial import Dial"),
    "examples": Picture("examples-and-flagging", "gr.Examples([["),
    "cluster": Picture("ray", "class Caption", record),
    "first-app": Picture("install", "Upside down", record),
    "formula": Picture("chat-apps", "The roots are"),
    "languages": Picture("languages", 'i18n("greet")', greet, locale="de-DE"),
    "latency": Picture("latency", "show_latency=True", show_latency, 900),
    "moved": Picture("moving-from-gradio", "def edges", record),
    "marks": Picture("marks", 'labels="bright", scores', record),
    "pages": Picture("pages", '"Mirror", "/mirror"', show_mirror),
    "primes": Picture("worker-processes", "count_primes", press("Count")),
    "progress": Picture("handlers-and-events", "Developing", press("Develop", for_ms=700)),
    "saved-chats": Picture("chat-apps", "save_history=True", save_two, 900, 460),
    "sidebar": Picture("layouts", "gr.Sidebar(", rest, 900, 440),
    "stars": Picture("html-templates", "stars.rated"),
    "table": Picture("data", "Barn swallow"),
    "test-app": Picture("testing-your-app", "def brighten", rest, 900),
    "theme": Picture("themes", 'theme="ocean"'),
}


HALVED = """
import millstream as gr

with gr.Blocks(title="Halves") as demo:
    number = gr.Number(12, label="Number")
    half = gr.Number(label="Half")
    gr.Button("Halve").click(lambda number: {}, number, half)
"""


MIRROR = """
import millstream as gr


def mirror(frame):
    return frame[:, ::-1]


with gr.Blocks(title="Mirror") as demo, gr.Row():
    camera = gr.Image(sources=["webcam"], label="Camera")
    mirrored = gr.Image(label="Mirrored")
    camera.stream(mirror, camera, mirrored, stream_every=0.1, concurrency_limit=2)

demo.launch({})
"""


@contextmanager
def served(program: str, *options: str) -> Iterator[tuple[Path, str]]:
    """Serve a program with `millstream run` from a file of its own; gives the file and the address."""
    with TemporaryDirectory() as folder:
        app = Path(folder) / "app.py"
        app.write_text(program)
        command = [sys.executable, "-m", "millstream", "run", str(app), "--port", "0", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - the arguments are ours
        with process:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None
            try:
                yield app, found[0]
            finally:
                process.terminate()


@contextmanager
def broken_edit(page: Page) -> Iterator[None]:
    """Edit a program under hot reload, with a mistake."""
    with served(HALVED.format("number / 2"), "--reload") as (app, url):
        page.goto(url)
        page.get_by_role("button", name="Halve").wait_for()
        app.write_text(HALVED.format("number / 2").replace("gr.Button", "gr.Buton"))
        page.get_by_text("AttributeError").first.wait_for()
        yield


@contextmanager
def failed_handler(page: Page) -> Iterator[None]:
    """Press a button whose handler raises an exception."""
    with served(HALVED.format("number / 0")) as (_, url):
        page.goto(url)
        page.get_by_role("button", name="Halve").click()
        page.get_by_text("ZeroDivisionError").first.wait_for()
        yield


@contextmanager
def asked_to_log_in(page: Page) -> Iterator[None]:
    """Open an app that has a login."""
    message = "Ask <a href='mailto:office@example.com'>the office</a> for a password."
    with served(MIRROR.format(f'auth=("ann", "secret"), auth_message="{message}"')) as (_, url):
        page.goto(url)
        page.get_by_role("button").first.wait_for()
        yield


@contextmanager
def refused_camera(page: Page) -> Iterator[None]:
    """Press Record in a browser whose user does not let the page have the camera."""
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };"
    )
    with served(MIRROR.format("")) as (_, url):
        page.goto(url)
        page.get_by_role("button", name="Record").first.click()
        page.get_by_text("is blocked").first.wait_for()
        yield


@contextmanager
def watched_load(page: Page) -> Iterator[None]:
    """Watch from the operator's page how five visitors share two slots."""
    with served(MIRROR.format("")) as (_, url):
        command = [sys.executable, "-m", "millstream", "load", url, "--streams", "5", "--seconds", "25"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as visitors:  # noqa: S603 - the arguments are ours
            try:
                page.goto(f"{url}/operator")
                page.wait_for_timeout(9_000)
                yield
            finally:
                visitors.terminate()


NOTEBOOK = """\
import millstream as gr

with gr.Blocks() as demo:
    camera = gr.Image(sources=["webcam"], label="Camera")
    result = gr.Image(label="Upside down")
    camera.stream(lambda frame: frame[::-1], camera, result)

demo.launch(height=420)"""


@contextmanager
def run_cell(page: Page) -> Iterator[None]:
    """Run the chapter's cell in JupyterLab, and stream in the app below it."""
    with TemporaryDirectory() as folder, jupyter_lab(Path(folder), NOTEBOOK, "JupyterLab Light") as address:
        page.goto(address)
        run_the_cell(page)
        app = page.frame_locator(".jp-OutputArea iframe")
        app.get_by_role("button", name="Record").first.click(timeout=60_000)
        page.wait_for_timeout(4_000)
        yield


SCENES: dict[str, Callable[[Page], AbstractContextManager[None]]] = {
    "error": failed_handler,
    "login": asked_to_log_in,
    "notebook": run_cell,
    "operator": watched_load,
    "refused": refused_camera,
    "traceback": broken_edit,
}
"""Pictures of what the chapters' own programs do not show."""

WINDOWS: Final = {"login": (760, 460), "notebook": (900, 860), "operator": (1100, 700)}
"""The windows of scenes that need another size, in pixels."""


def main(names: list[str]) -> None:
    """Take these pictures, or all."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        camera = Path(folder) / "camera.mjpeg"
        video = ROOT / "examples" / "media" / "astronaut.mp4"
        scaled = ["-vf", "scale=640:480:force_original_aspect_ratio=increase,crop=640:480"]
        subprocess.run(  # noqa: S603 - the arguments are ours
            [shutil.which("ffmpeg") or "ffmpeg", "-v", "error", "-i", video, *scaled, "-q:v", "4", camera], check=True
        )
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
        with closing(playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)) as browser:
            for name in names or [*PICTURES, *SCENES]:
                size = PICTURES.get(name, Picture("", "", rest, *WINDOWS.get(name, ())))
                viewport = ViewportSize(width=size.width, height=size.height)
                page = browser.new_page(viewport=viewport, color_scheme="light", bypass_csp=True, locale=size.locale)
                if name in SCENES:
                    with SCENES[name](page):
                        photograph(name, page)
                else:
                    take(name, page)
                page.close()


def take(name: str, page: Page) -> None:
    """Run the program of one picture, and photograph it."""
    picture = PICTURES[name]
    blocks = blocks_of(ROOT / "docs" / "guide" / f"{picture.page}.md")
    block = next(block for block in blocks if block.language == "python" and picture.has in block.code)

    def visit(demo: Blocks) -> None:
        _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
        page.goto(url)
        page.add_style_tag(content=CALM)  # now, too, so that nothing moves
        picture.use(page)
        photograph(name, page)
        demo.close()

    drill.drill = visit
    program = drill.run(block)
    if block.mark == "file":  # run as a module, it does not launch
        visit(program["demo"])


def photograph(name: str, page: Page) -> None:
    """Save what a page shows."""
    page.add_style_tag(content=CALM)
    image = trimmed(Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB"))
    image.save(ROOT / "docs" / "images" / f"{name}.webp", quality=80, method=6)


def trimmed(image: Image.Image) -> Image.Image:
    """Leave out what is empty below, but for a margin."""
    ground = Image.new("RGB", image.size, image.getpixel((0, image.height - 1)))
    _, _, _, bottom = ImageChops.difference(image, ground).getbbox() or (0, 0, *image.size)
    return image.crop((0, 0, image.width, min(bottom + 24, image.height)))


if __name__ == "__main__":
    main(sys.argv[1:])

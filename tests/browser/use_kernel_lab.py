"""What a student does with view 2, alone and with a learned kernel."""

import io

from PIL import Image

TITLE = "Kernel lab"
UPLOAD = "choose a picture file of your own"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    presets = view.box.get_by_label("preset", exact=True).locator("option")
    with_learned = "learned" in presets.all_inner_texts()
    view.says("your kernel, 3×3 with the sum 0: 298×254 outputs from −3.51 to 3.5")
    view.choose("preset", "emboss")
    view.says("sum 1: 298×254 outputs from −2.99 to 3.94, in grey")
    view.choose("size", "5×5")
    view.says("5×5 with the sum 1: 296×252 outputs from −2.99 to 3.94")
    view.choose("preset", "blur")
    view.choose("size", "7×7")
    view.says("7×7 with the sum 1: 294×250")
    view.choose("size", "3×3")
    view.choose("preset", "Sobel x")
    if with_learned:
        view.says("the learned kernel, 3×3 with the sum 0: 298×254")
        view.choose("preset", "learned")
        view.says("The two outputs differ by 0.000 at most")
        view.choose("preset", "Sobel x")
    middle = view.titled("kernel row 2, column 2")
    middle.fill("3")
    view.says("sum 3: 298×254")
    assert view.box.get_by_label("preset", exact=True).input_value() == "my own"
    middle.fill("three")
    view.complains("kernel row 2, column 2: type a number")
    middle.fill("1/2")
    view.fine()
    view.says("sum 0.5: 298×254")

    picture = io.BytesIO()
    Image.radial_gradient("L").resize((80, 60)).save(picture, "png")
    view.upload(UPLOAD, "ring.png", picture.getvalue())
    view.says("60×80 pixels; your kernel, 3×3 with the sum 0.5: 58×78")
    view.upload(UPLOAD, "notes.txt", b"this is no picture")
    view.complains("notes.txt: this is no picture that can be read")
    view.choose("preset", "Sobel y")
    view.fine()
    view.says("60×80 pixels")

    def press(i):
        middle.focus()
        view.page.keyboard.press("End")
        view.page.keyboard.press("Backspace" if i % 2 else "5")

    name = f"{TITLE}, with a learned kernel" if with_learned else TITLE
    view.upload(UPLOAD, "large.png", large_picture())
    view.says("300×256 pixels")
    record_latency(name, view.latencies(press))


def large_picture():
    """As large as the view's own, and as hard to compress as a photograph."""
    picture = io.BytesIO()
    Image.effect_noise((512, 600), 60).save(picture, "png")
    return picture.getvalue()

"""The playground, driven in Chromium: its losses are nnlib's."""

import base64
import re

import numpy as np
import pytest
from project import labelled, painted, wait_until

from nnlib import SoftmaxCrossEntropy, accuracy
from nnwidgets import Playground

pytestmark = pytest.mark.site

PAGE = "playground"
WIDGET = PAGE, "playground"
DAMAGES = [  # of the link: what stands in it, and what does not fit
    ("optimizer=SGD", "optimizer=Magic"),
    ("optimizer=SGD", "optimizer=toString"),
    ("data=XOR", "data=toString"),
    ("data=XOR", "data=foo"),
    ("data=XOR&", ""),
    ("data=XOR", "data=XOR&data=moons"),
    ("data=XOR", "data=XOR&colour=red"),
    ("data=XOR", "data=%XOR"),
    ("learning_rate=0.1", "learning_rate=1000"),
    ("learning_rate=0.1", "learning_rate=-1"),
    ("learning_rate=0.1", "learning_rate="),
    ("weight_decay=0", "weight_decay=100"),
    ("batch_size=10", "batch_size=2.5"),
    ("batch_size=10", "batch_size=0"),
    ("batch_size=10", "batch_size=20"),  # the updates do not make these epochs
    ("dropout=0", "dropout=1"),
    ("seed=1", "seed=1.5"),
    ("hidden=4tanh", "hidden=9tanh"),
    ("hidden=4tanh", "hidden=3tanh"),  # the weights are those of another network
    ("hidden=4tanh", "hidden=4toString"),
    ("points=", "points=0,2,1"),
    ("state=", "state=x"),
    ("state=", "state=AAAA"),
    ("curve=", "curve=AAAA"),
    ("curve=", "kurve="),
]


def press(box, name, times=1):
    for _ in range(times):
        box.get_by_role("button", name=name, exact=True).press("Enter")


def report(box):
    """Return epochs, updates, and (loss, % right) for training and test."""
    painted(box)
    return report_now(box)


def report_now(box):
    """Return the same without waiting for a picture."""
    lines = box.locator(".nnlib-report p").all_text_contents()
    epochs, updates = map(int, re.findall(r"\d+", lines[0]))
    return epochs, updates, *(tuple(map(float, re.findall(r"[\d.]+", s))) for s in lines[1:3])


def samples(box):
    """Return how many samples are drawn in the plane."""
    paths = box.locator(".nnlib-sample").evaluate_all("all => all.map(p => p.getAttribute('d'))")
    return "".join(paths).count("M")


def assert_trained(box, widget, epochs):
    X, y, X_test, y_test = widget.samples()
    network = widget.train(epochs)
    done, updates, *judged = report(box)
    batch = min(widget.batch_size, len(X))
    assert (done, updates) == (epochs, epochs * -(-len(X) // batch))
    for (loss, right), part in zip(judged, ((X, y), (X_test, y_test)), strict=True):
        assert loss == pytest.approx(SoftmaxCrossEntropy()(network.predict(part[0]), part[1])[0],
                                     abs=5.1e-5)  # fmt: skip
        assert right == pytest.approx(100 * accuracy(network, *part), abs=0.051)


def test_every_setting_trains_as_nnlib_does(box):
    assert_trained(box, Playground(), 0)
    press(box, "One epoch", 3)
    assert_trained(box, Playground(), 3)
    choices = {
        "Data": ("data", "moons"),
        "Optimizer": ("optimizer", "Adam"),
        "Learning rate": ("learning_rate", 0.03),
        "Batch size": ("batch_size", 50),
        "Dropout": ("dropout", 0.1),
        "Weight decay": ("weight_decay", 0.001),
    }
    widget = Playground()
    for label, (name, value) in choices.items():
        labelled(box, label).select_option(str(value))
        setattr(widget, name, value)
    box.get_by_label("Units of layer 2").select_option("0")
    box.get_by_label("Units of layer 1").select_option("6")
    box.get_by_label("Activation of layer 1").select_option("relu")
    widget.hidden = [(6, "relu")]
    box.get_by_role("button", name="New weights (seed 1)").click()
    widget.seed = 2
    painted(box)
    press(box, "One epoch", 4)
    assert_trained(box, widget, 4)
    assert "Adam(0.03)" in box.locator("code").text_content()
    assert "m / (√s + ε)" in box.locator(".nnlib-formulas").text_content()
    assert "0.001 θ" in box.locator(".nnlib-formulas").text_content()


def test_train_pause_and_single_updates(box):
    press(box, "One update", 3)
    assert report(box)[:2] == (0, 3)
    press(box, "Train")
    box.page.wait_for_timeout(300)
    press(box, "Pause")
    epochs, updates, *_ = report(box)
    assert epochs > 1
    box.page.wait_for_timeout(200)
    assert report(box)[:2] == (epochs, updates)
    assert box.locator(".nnlib-chart path.nnlib-curve").first.get_attribute("d").count("L") > 1


def train_a_little(box):
    """Choose other data and train; return the report, and the address that has followed."""
    labelled(box, "Data").select_option("XOR")
    painted(box)
    press(box, "One epoch", 5)
    press(box, "One update", 7)
    painted(box)
    link = box.get_by_label("Link to this state").input_value()
    wait_until(box.page, "link => location.href === link", link)
    return report(box), link


def pictures(box):
    """Return the pixels of plane and network, and the curves, once the plane is fine."""
    wait_until(box.page, "() => document.querySelector('.nnlib-plane-stack canvas').width > 100")
    return box.evaluate(
        """box => [...box.querySelectorAll(".nnlib-output canvas, .nnlib-inside canvas")]
            .map(canvas => canvas.toDataURL())"""
    )


def test_a_reload_and_a_link_bring_back_the_state(box):
    before, link = train_a_little(box)
    shown = pictures(box)
    box.page.reload()
    box.wait_for(state="attached")
    assert report(box) == before
    assert pictures(box) == shown
    box.page.goto("about:blank")
    box.page.goto(link)
    box.wait_for(state="attached")
    assert report(box) == before
    assert pictures(box) == shown
    assert labelled(box, "Data").input_value() == "XOR"
    top = box.locator(".nnlib-head").bounding_box()["y"]
    assert 0 <= top < 200, "the widget is not in view"
    press(box, "Reset")
    wait_until(box.page, "() => !location.href.includes('#')")


def test_a_broken_link_changes_nothing_and_its_word_goes(open_widget):
    box = open_widget(*WIDGET, color_scheme="light")  # a window with a clock of its own
    before, link = train_a_little(box)
    code = box.locator("code").text_content()
    box.page.clock.install()
    for right, wrong in DAMAGES:
        broken = link.replace(right, wrong)
        assert broken != link, right
        box.page.evaluate("link => location.href = link", broken)
        box.page.clock.run_for(100)
        said = box.locator(".nnlib-report p").nth(3)
        assert "Damaged link" in said.text_content(), wrong
        assert report_now(box) == before, wrong
        assert box.locator("code").text_content() == code, wrong
        box.page.clock.run_for(7000)
        assert said.text_content() == "", wrong
        assert box.page.evaluate("location.href") == link
    box.page.evaluate("link => location.href = link", link.replace("seed=1", "seed=x"))
    box.page.clock.run_for(100)
    assert "Damaged link" in said.text_content()
    press(box, "One update")
    box.page.clock.run_for(100)
    assert said.text_content() == ""
    assert report_now(box)[1] == before[1] + 1


def changed(link, i, value):
    """Return a link with another number in its state, which is sound base64 all the same."""
    (text,) = re.findall("state=([^&]*)", link)
    numbers = np.frombuffer(base64.urlsafe_b64decode(text + "=="), float).copy()
    numbers[i] = value
    other = base64.urlsafe_b64encode(numbers.tobytes()).decode().rstrip("=")
    return link.replace(text, other)


@pytest.mark.parametrize(("updates", "i", "value"), [(7, 3, 0.5), (0, 3, 1e300), (0, -1, 1e300)])
def test_a_link_whose_loss_is_not_that_of_its_weights_is_damaged(open_widget, updates, i, value):
    box = open_widget(*WIDGET)
    press(box, "One epoch", 2)
    press(box, "One update", updates)
    painted(box)
    before, link = report(box), box.get_by_label("Link to this state").input_value()
    box.page.evaluate("link => location.href = link", changed(link, i, value))
    painted(box)
    assert "Damaged link" in box.locator(".nnlib-report").text_content()
    assert report(box) == before


def test_a_broken_link_opens_the_page_as_it_is(open_widget, address):
    box = open_widget(*WIDGET)
    _, link = train_a_little(box)
    box.page.goto("about:blank")
    box.page.goto(link.replace("batch_size=10", "batch_size=0"))
    box.wait_for(state="attached")
    painted(box)
    assert "Damaged link" in box.locator(".nnlib-report").text_content()
    assert report(box)[:2] == (0, 0)
    assert labelled(box, "Batch size").input_value() == "10"
    wait_until(box.page, "() => !location.href.includes('#')")


@pytest.mark.parametrize("width, height", [(1280, 720), (1366, 768)])
def test_plane_network_and_loss_are_seen_together(open_widget, width, height):
    box = open_widget(*WIDGET, width)
    box.page.set_viewport_size({"width": width, "height": height})
    painted(box)
    box.evaluate("box => box.scrollIntoView()")
    parts = [".nnlib-plane-stack", ".nnlib-inside canvas", ".nnlib-losses svg", ".nnlib-head"]
    places = [box.locator(part).bounding_box() for part in parts]
    header = box.page.locator("header.top").bounding_box()["height"]
    for part, place in zip(parts, places, strict=True):
        assert header <= place["y"] and place["y"] + place["height"] <= height, part
    settings = box.locator(".nnlib-settings").bounding_box()
    lefts = [settings["x"], places[1]["x"], places[0]["x"]]
    assert lefts == sorted(lefts)  # from the data by the network to the output
    assert places[0]["x"] + places[0]["width"] > width - 40 and settings["x"] < 40
    for menu in box.page.locator("header button[popovertarget]").all():
        menu.click()  # what stands beside the text elsewhere
        assert box.page.locator(":popover-open").is_visible()
        box.page.keyboard.press("Escape")
    assert box.page.locator("nav.neighbours").is_visible()


def test_train_and_loss_stay_at_hand_on_a_phone(open_widget):
    box = open_widget(*WIDGET, 375, has_touch=True, is_mobile=True)
    box.locator(".nnlib-losses").evaluate("part => part.scrollIntoView({ block: 'center' })")
    head = box.locator(".nnlib-head").bounding_box()
    assert head["y"] >= 0 and head["height"] < 150
    box.get_by_role("button", name="Train", exact=True).tap()
    box.page.wait_for_timeout(300)
    box.get_by_role("button", name="Pause", exact=True).tap()
    assert report(box)[0] > 1
    for line in box.locator(".nnlib-report p").all()[:3]:
        y = line.bounding_box()["y"]
        assert head["y"] <= y < head["y"] + head["height"]


def test_the_theme_may_change_while_the_plane_waits_to_be_sharpened(box):
    box.get_by_role("button", name="One update").click()
    painted(box)
    box.page.evaluate(
        """async () => {
            const frame = requestAnimationFrame;
            window.requestAnimationFrame = (then) => setTimeout(() => frame(then), 400);
            document.documentElement.dataset.theme = "dark"; // drawn anew only after the wait
            await new Promise((done) => setTimeout(done, 300));
            window.requestAnimationFrame = frame;
            delete document.documentElement.dataset.theme;
            await new Promise((done) => setTimeout(done, 300)); // the next test draws at once again
        }"""
    )
    painted(box)  # an error on the page fails the test


def test_points_of_your_own(box):
    labelled(box, "Data").select_option("own")
    painted(box)
    assert "Click into the plane" in box.locator(".nnlib-report").text_content()
    plane = box.locator(".nnlib-plane-stack")
    plane.scroll_into_view_if_needed()
    side = plane.bounding_box()["width"]
    plane.click(position={"x": 0.25 * side, "y": 0.25 * side})
    box.get_by_role("button", name="▲ class 1").press("Enter")
    plane.click(position={"x": 0.75 * side, "y": 0.25 * side})
    cursor = box.get_by_role("slider", name="Place of a new point")
    cursor.press("Shift+ArrowDown")
    cursor.press("Enter")
    painted(box)
    assert samples(box) == 3
    code = box.locator("code").text_content()
    points = eval(re.search(r"np\.array\((\[.*?\])\)", code, re.S)[1])
    assert [p[2] for p in points] == [0, 1, 1]
    assert points[0][:2] == pytest.approx((-0.625, 0.625), abs=0.03)
    assert points[2][1] == pytest.approx(points[1][1] - 0.25, abs=1e-9)
    press(box, "One epoch", 2)
    widget = Playground(data="own", points=points)
    network, (X, y, *_) = widget.train(2), widget.samples()
    loss = SoftmaxCrossEntropy()(network.predict(X), y)[0]
    assert report(box)[2][0] == pytest.approx(loss, abs=5.1e-5)
    press(box, "Clear points")
    painted(box)
    assert samples(box) == 0


def test_a_diverging_run_says_so(open_widget):
    box = open_widget(*WIDGET)
    labelled(box, "Learning rate").select_option("100")
    painted(box)
    press(box, "One epoch", 5)
    wait_until(box.page, "() => document.body.innerText.includes('diverges')")
    assert "NaN" not in box.text_content()

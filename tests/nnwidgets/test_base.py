"""Widgets from Python: checked values, one text of several files, a still picture."""

import base64
import io
import subprocess
import sys

import pytest
from PIL import Image

import nnwidgets as widgets
from nnwidgets import Neuron
from nnwidgets.base import JS, compose

VIEW = "application/vnd.jupyter.widget-view+json"


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text)
    return folder


RENDER = "function render() { return helper(); }\nexport default { render };\n"


def test_files_are_joined_once_each_and_in_order(tmp_path):
    folder = write(
        tmp_path,
        a='import { helper } from "./b.js";\nimport {\n  one, two,\n} from "./c.js";\n' + RENDER,
        b='import { one } from "./c.js";\nexport function helper() { return one + 1; }\n',
        c="export const one = 1;\nexport const two = 2;\n",
    )
    text = compose("a", folder)
    places = [text.index(part) for part in ("const one", "function helper", "function render")]
    assert places == sorted(places)
    assert text.count("const one") == 1
    assert "import" not in text
    assert text.count("export") == 1 and text.endswith("export default { render };\n")


BAD = [
    (
        {"a": 'import * as b from "./b.js";\n' + RENDER, "b": ""},
        r"a\.js: cannot join .* `import \*",
    ),
    ({"a": 'import { x as y } from "./b.js";\n' + RENDER, "b": "export const x = 1;\n"}, "x as y"),
    ({"a": 'import { x } from "https://b.org/b.js";\n' + RENDER}, "cannot join files that say"),
    ({"a": 'const b = await import("./b.js");\n' + RENDER}, "cannot join files that say"),
    ({"a": RENDER + "export { render };\n"}, "cannot join files that say `export {"),
    ({"a": "const [p, q] = [1, 2];\n" + RENDER}, "cannot join files that say `const"),
    ({"a": 'import { x } from "./b.js";\n' + RENDER, "b": "const x = 1;\n"}, "not exported by b"),
    (
        {
            "a": 'import { x } from "./b.js";\nconst y = 1;\n' + RENDER,
            "b": "export const x = 1;\nlet y = 2;\n",
        },
        r"a\.js declares y, which b\.js has already",
    ),
    (
        {
            "a": 'import { x } from "./b.js";\n' + RENDER,
            "b": 'import { render } from "./a.js";\nexport const x = 1;\n',
        },
        "in a circle",
    ),
    ({"a": "function render() {}\n"}, "must end with"),
    (
        {"a": 'import { render } from "./b.js";\n' + RENDER, "b": RENDER},
        r"b\.js is a widget, which a\.js",
    ),
]


@pytest.mark.parametrize("files, message", BAD)
def test_what_cannot_be_joined_is_refused(tmp_path, files, message):
    with pytest.raises(ValueError, match=message):
        compose("a", write(tmp_path, **files))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"b\.js"):
        compose("a", write(tmp_path, a='import { x } from "./b.js";\n' + RENDER))


def test_every_js_file_is_part_of_a_widget_and_readable_in_one_sitting():
    classes = [getattr(widgets, name) for name in widgets.__all__]
    text = "".join(widget._esm for widget in classes)
    for file in JS.glob("*.js"):
        lines = file.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 450, f"{file.name} is too long to be read in one sitting"
        assert max(map(len, lines)) <= 100, f"{file.name} has a line of more than 100 letters"
        assert f"// ---- {file.name}" in text
    for file in JS.glob("*.css"):
        assert file.stem == "widgets" or JS.joinpath(f"{file.stem}.js").exists()


def test_a_widget_shows_itself_as_text_view_and_picture():
    neuron = Neuron(gate="XOR", weights=[3, -3], bias=-1.5)
    data, _ = neuron._repr_mimebundle_()
    assert set(data) == {"text/plain", VIEW, "image/png"}
    assert data["text/plain"] == repr(neuron)
    assert repr(neuron) == (
        "Neuron(gate='XOR', weights=(3.0, -3.0), bias=-1.5, inputs=(1.0, 1.0), "
        "activation='sigmoid')"
    )
    again = eval(repr(neuron))._repr_mimebundle_()[0]
    assert again["image/png"] == data["image/png"]
    other = Neuron(gate="OR")._repr_mimebundle_()[0]
    assert other["image/png"] != data["image/png"]
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as picture:
        assert picture.width >= 900


def test_the_state_of_a_widget_is_small():
    state = Neuron().get_state()
    assert sum(len(str(value)) for value in state.values()) < 60_000
    assert state["_space"] == list(Neuron.space)


def test_nnlib_needs_neither_anywidget_nor_matplotlib():
    blocked = "import sys; sys.modules.update(dict.fromkeys(['anywidget', 'matplotlib'])); "
    code = blocked + "import nnlib, nnlib.datasets, nnlib.worked_example, nnlib.sweeps"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import sys; import nnlib, nnlib.plots; assert 'anywidget' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

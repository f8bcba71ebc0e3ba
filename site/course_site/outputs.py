"""Outputs of the notebooks' own two types: widgets and figures.

A notebook stores each as a picture for all, and as JSON of a type that this project alone knows.
myst_nb passes HTML on, but no type that it never saw; so the JSON travels in a script element.
"""

import json

from docutils import nodes

HTML, PICTURE = "text/html", "image/png"
TYPES = set()  # the types known; the parts add theirs


def carry(app, docname, source):
    """Put the JSON of each such output into a script element, before myst_nb reads the notebook."""
    if app.env.doc2path(docname).endswith(".ipynb"):
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                for mime in TYPES & data.keys():
                    text = json.dumps(data.pop(mime), separators=(",", ":")).replace("<", "\\u003c")
                    data[HTML] = f'<script type="{mime}">{text}</script>'
        source[0] = json.dumps(notebook)


def bundles(document, mime):
    """Yield what carries outputs of a type: the bundle, its picture, the script, its JSON."""
    opening = f'<script type="{mime}">'
    for bundle in list(document.findall(nodes.container)):
        if bundle.get("nb_element") != "mime_bundle":
            continue
        outputs = {output["mime_type"]: output for output in bundle.children}
        if HTML not in outputs or not outputs[HTML].astext().startswith(opening):
            continue
        if PICTURE not in outputs:
            raise ValueError(f"{document['source']}: an output of type {mime} without a picture")
        (script,) = outputs[HTML].findall(nodes.raw)
        text = script.astext()[len(opening) :].removesuffix("</script>")
        yield bundle, outputs[PICTURE], script, json.loads(text)


def setup(app):
    """Let the JSON be carried."""
    app.connect("source-read", carry)

"""What every built page must have, read from its HTML without a browser."""

import hashlib
import json
import re
from base64 import b64encode
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from project import CHAPTERS, CONFIG, PAGES, PROJECT, SUBPATH

pytestmark = pytest.mark.site

RAW_TEX = re.compile(r"\\[a-zA-Z(\[]|\$\$|(?<!\w)\$[^\s$][^$\n]*\$")


@pytest.fixture(scope="session")
def pages(html):
    """Return every built page, parsed, by its name."""
    return {
        path.relative_to(html).as_posix(): BeautifulSoup(path.read_bytes(), "html.parser")
        for path in sorted(html.rglob("*.html"))
        if "_static" not in path.parts
    }


def test_the_site_is_the_table_of_contents(pages):
    assert set(pages) == {f"{name}.html" for name in PAGES}


def test_every_page_says_what_it_is(pages):
    descriptions, titles = {}, set()
    for name, page in pages.items():
        assert page.html["lang"] == "en", name
        titles.add(page.title.get_text(strip=True))
        found = page.find_all("meta", attrs={"name": "description"})
        assert len(found) == 1 and found[0]["content"].strip(), f"{name} needs one description"
        text = found[0]["content"]
        assert text not in descriptions, f"{name} and {descriptions.get(text)} share a description"
        assert len(text) <= 200, f"{name}: a search engine cuts a description this long"
        descriptions[text] = name
        assert page.find("meta", attrs={"name": "viewport"}), f"{name} is tiny on a telephone"
        (canonical,) = page.select("link[rel=canonical]")
        assert canonical["href"].startswith("https://"), name
        assert urlsplit(canonical["href"]).path == SUBPATH + name
    assert len(titles) == len(pages) and "" not in titles


def test_headings_begin_with_one_title_and_skip_no_level(pages):
    for name, page in pages.items():
        levels = [int(heading.name[1]) for heading in page.find_all(re.compile("^h[1-6]$"))]
        assert levels[0] == 1 and levels.count(1) == 1, f"{name}: one title"
        steps = pairwise(levels)
        assert all(below <= above + 1 for above, below in steps), f"{name}: {levels}"


def test_the_menu_and_the_neighbours_show_the_way_through_the_course(pages):
    for name, page in pages.items():
        menu = page.find(id="menu")
        links = [urlsplit(link["href"]).path for link in menu.select("a")]
        here = name.removesuffix(".html")
        prefix = SUBPATH if name == "404.html" else ""
        expected = ["" if chapter == here else f"{prefix}{chapter}.html" for chapter in CHAPTERS]
        assert links == expected, name
        current = menu.select("a.current, a[aria-current]")
        assert len(current) == (here in CHAPTERS), f"{name} is not marked in the menu"
        if here in CHAPTERS:
            place = CHAPTERS.index(here)
            around = [("prev", place - 1), ("next", place + 1)]
            assert {link["rel"][0]: link["href"] for link in page.select("nav.neighbours a")} == {
                side: f"{CHAPTERS[other]}.html"
                for side, other in around
                if 0 <= other < len(CHAPTERS)
            }


def test_every_link_has_words(pages):
    for name, page in pages.items():
        for link in page.find_all("a"):
            assert link.get_text(strip=True) or link.get("aria-label"), f"{name}: {link}"


def test_every_picture_has_words(pages):
    for name, page in pages.items():
        for image in page.find_all("img"):
            alt = image.get("alt")
            if image.find_parent(class_="home"):
                assert alt == "", f"{name}: the title beside the logo already says it"
                continue
            assert alt and alt.strip(), f"{name}: {image} has no alt text"
            assert alt != image["src"], f"{name}: {image}: a file name is no alt text"


def test_every_picture_says_its_size_and_waits_until_it_is_needed(html, pages):
    pictures = [(name, image) for name, page in pages.items() for image in page.select("main img")]
    assert len(pictures) > 50
    for name, image in pictures:
        with Image.open(html / unquote(image["src"])) as picture:
            assert picture.format == "WEBP", f"{name}: {image}"
            assert (image["width"], image["height"]) == tuple(map(str, picture.size)), name
        assert image["loading"] == "lazy", f"{name}: {image}"


def test_every_formula_is_set_and_can_be_read_aloud(pages):
    found = 0
    for name, page in pages.items():
        for formula in page.select("main .math"):
            assert (
                len(formula.select(".katex > .katex-mathml > math"))
                == len(formula.select(".katex"))
                > 0
            ), f"{name}: {formula}"
            assert formula.select_one(".katex > .katex-html[aria-hidden=true]"), name
            found += 1
        assert not page.select(".katex-error, merror"), name
    assert found > 1000


def words(part):
    """Return the words below a tag, without code and formulas."""
    if part.name is None:
        return str(part)
    left_out = part.name in ("pre", "code", "script") or "katex" in part.get("class", ())
    return "" if left_out else "".join(map(words, part.children))


def test_no_tex_is_left_in_the_words(pages):
    for name, page in pages.items():
        seen = [words(page), *[image["alt"] for image in page.find_all("img")]]
        assert not RAW_TEX.findall("\n".join(seen)), name


def test_equations_have_numbers_and_references_name_them(pages):
    numbers = {}
    for name, page in pages.items():
        for number in page.select(".math > .eqno"):
            text = re.match(r"\([\w.]+\)", number.get_text())[0]
            numbers[f"{name}#{number.parent['id']}"] = text
    assert len(set(numbers.values())) == len(numbers) > 30, "each equation has its own number"
    references = 0
    for name, page in pages.items():
        for link in page.select("main a[href*='#equation-']:not(.headerlink)"):
            target = link["href"] if urlsplit(link["href"]).path else name + link["href"]
            assert link.get_text() == numbers[target], f"{name}: {link}"
            references += 1
    assert references > 5


def targets(page):
    """Return each address that a page links to or loads."""
    for tag in page.find_all(True):
        for attribute in ("href", "src", "action"):
            if tag.has_attr(attribute):
                yield tag, tag[attribute]


def test_every_internal_link_leads_somewhere(html, pages):
    broken, checked = [], 0
    ids = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    for name, page in pages.items():
        for _, address in targets(page):
            link = urlsplit(address)
            if link.scheme or link.netloc:
                continue
            checked += 1
            if link.path.startswith("/"):  # only the 404 page may: it is shown at any depth
                right = name == "404.html" and link.path.startswith(SUBPATH)
                path = html / unquote(link.path).removeprefix(SUBPATH)
            else:
                right = True
                path = (html / name).parent / unquote(link.path) if link.path else html / name
            if not right or not path.is_file():
                broken.append(f"{name}: {address}")
                continue
            target = path.resolve().relative_to(html.resolve()).as_posix()
            if link.fragment and target in ids and unquote(link.fragment) not in ids[target]:
                broken.append(f"{name}: {address} (no such place on the page)")
    assert not broken
    assert checked > 100


def test_nothing_is_loaded_from_elsewhere(html, pages):
    sheets = set()
    for name, page in pages.items():
        for tag, address in targets(page):
            if tag.name != "a" and tag.get("rel") != ["canonical"]:
                link = urlsplit(address)
                assert not link.netloc and not link.scheme, f"{name} loads {address}"
            if tag.get("rel") == ["stylesheet"]:
                sheets.add(html / urlsplit(address).path.removeprefix(SUBPATH))
    assert sheets
    for sheet in sheets:
        assert not re.search("https?:|@import|data:", sheet.read_text(encoding="utf-8")), sheet


def test_every_page_is_closed_to_all_but_its_own_scripts(pages):
    for name, page in pages.items():
        (policy,) = page.find_all("meta", attrs={"http-equiv": "Content-Security-Policy"})
        before = [tag.name for tag in policy.find_previous_siblings()]
        assert before == ["meta"], f"{name}: what stands before the policy escapes it"
        rules = dict(rule.split(" ", 1) for rule in policy["content"].split("; "))
        (inline,) = [script.string for script in page.select("script:not([src], [type])")]
        digest = b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert rules.pop("script-src") == f"'self' 'sha256-{digest}'", name
        assert rules.pop("style-src-attr") == "'unsafe-inline'", f"{name}: KaTeX needs it"
        assert rules.pop("default-src") == rules.pop("base-uri") == "'none'", name
        assert rules.pop("img-src") == "'self' data:", f"{name}: a drawing brings its pixels along"
        assert set(rules.values()) == {"'self'"}, name
        assert not page.select("style"), f"{name}: the policy refuses this style"
        for tag in page.find_all(True):
            handlers = [attribute for attribute in tag.attrs if attribute.startswith("on")]
            assert not handlers, f"{name}: the policy refuses {tag}"
            assert not tag.get("href", "").startswith("javascript:"), f"{name}: {tag}"


def test_the_downloaded_notebook_is_the_notebook(html, pages):
    notebooks = [name for name in CHAPTERS if (PROJECT / "book" / f"{name}.ipynb").exists()]
    assert notebooks
    for name in notebooks:
        links = [link for _, link in targets(pages[f"{name}.html"]) if link.endswith(".ipynb")]
        assert f"_sources/{name}.ipynb" in links
        source = (PROJECT / "book" / f"{name}.ipynb").read_bytes()
        assert (html / "_sources" / f"{name}.ipynb").read_bytes() == source
        assert json.loads(source)["nbformat"] == 4


def test_the_address_of_the_repository_stands_in_one_place():
    address = CONFIG["repository"]["url"].removeprefix("https://")
    made = {".git", ".venv", "_build", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    places = {
        path.relative_to(PROJECT).as_posix()
        for top in PROJECT.iterdir()
        if top.name not in made
        for path in ([top] if top.is_file() else top.rglob("*"))
        if path.is_file() and address.encode() in path.read_bytes()
    }
    # `make notebooks` copies it into the first cells; the test of stored notebooks sees old copies.
    copies = {f"book/{path.name}" for path in PROJECT.glob("book/*.ipynb")}
    assert places - copies == {"_config.yml"}

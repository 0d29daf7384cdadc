"""report.html in headless Chromium: it fits, filters, keeps hostile text as text, asks no network.

`.ci/run` installs Chromium and playwright where it can; elsewhere these tests are skipped.
"""

import shutil

import pytest
from tiny_evaluation import a_whole_study, build_tiny_evaluation, report_of

from text2sql.report.page import write_report
from text2sql.study.study import read_study

pytestmark = pytest.mark.slow  # each test runs a command or a model

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
PAPER = {"width": 718, "height": 1046}  # A4 at 96 dpi, less margins of a centimetre
LOST = "base right, finetuned wrong"


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def report_dir(tmp_path_factory):
    folder = build_tiny_evaluation(tmp_path_factory.mktemp("page"), a_whole_study())
    write_report(folder, report_of(folder))
    return folder


@pytest.fixture
def page(browser, report_dir):
    """The page as opened, with what it asked for and what went wrong in it."""
    opened = browser.new_page(viewport=DESKTOP)
    opened.requests, opened.errors = [], []
    opened.on("request", lambda request: opened.requests.append(request.url))
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.on("console", lambda said: opened.errors.append(said.text))
    opened.goto((report_dir / "report.html").as_uri())
    yield opened
    assert opened.errors == []
    opened.close()


def found(page) -> str:
    return page.text_content("#found")


def choose(page, name: str, label: str) -> None:
    """Choose the entry whose text begins with `label`."""
    options = page.locator(f"select[name={name}] option").all_text_contents()
    (chosen,) = (option for option in options if option.startswith(label))
    page.select_option(f"select[name={name}]", label=chosen)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("viewport", "media"),
    [(PHONE, "screen"), (DESKTOP, "screen"), (PAPER, "print")],
    ids=["phone", "desktop", "print"],
)
def test_nothing_overflows(page, viewport, media, scheme):
    page.set_viewport_size(viewport)
    page.emulate_media(media=media, color_scheme=scheme)
    page.evaluate(
        "document.querySelectorAll('details').forEach((folded) => { folded.open = true })"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    if media == "print":  # what a screen would scroll to is lost on paper
        wide = (
            "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)"
        )
        assert page.evaluate(f"{wide}.length") == 0


def test_no_request_leaves_the_page(page):
    choose(page, "outcome", LOST)
    page.fill("[name=search]", "museum")
    asked = [url for url in page.requests if not url.startswith("data:image/png")]
    assert asked == [page.url]


def test_outcome_filter_shows_exactly_the_questions_of_that_outcome(page, report_dir):
    study = read_study(report_dir)
    content = page.evaluate("JSON.parse(document.getElementById('content').textContent)")
    answers = content["splits"]["validation"]["answers"]
    assert list(answers) == [variant.name for variant in study.variants]
    pairs = zip(answers["base"], answers["finetuned"], strict=True)
    lost = [place for place, (base, other) in enumerate(pairs) if base[1] and not other[1]]
    choose(page, "outcome", LOST)
    assert lost
    assert found(page).startswith(f"{len(lost)} question")
    shown = page.locator("article .facts").all_text_contents()
    assert [int(text.split(".")[0]) - 1 for text in shown] == lost
    first = page.locator("article").first
    assert "✓ right" in first.locator(".answers > div").nth(1).text_content()
    assert "✗ wrong" in first.locator(".answers > div").nth(2).text_content()


def test_variant_hardness_failure_and_search_narrow_together(page):
    choose(page, "variant", "scale-0.5")
    choose(page, "hardness", "easy")
    easy = int(found(page).split()[0])
    assert easy == 15
    choose(page, "failure", "no_sql")
    failed = int(found(page).split()[0])
    assert 0 < failed < easy
    choose(page, "failure", "any")
    choose(page, "hardness", "any")
    choose(page, "uses", "JOIN")
    assert found(page).startswith("30 questions")
    choose(page, "database", "farm")
    assert found(page).startswith("5 questions")
    choose(page, "database", "any")
    choose(page, "uses", "any")
    choose(page, "hardness", "easy")
    page.fill("[name=search]", "MUSEUM number")
    assert int(found(page).split()[0]) == 10
    page.fill("[name=search]", "no such words")
    assert found(page) == "0 questions"
    assert page.locator("article").count() == 0


def test_pages_are_turned_by_keyboard(page):
    assert found(page) == "60 questions, 1 to 20 shown"
    page.focus("#later")
    page.keyboard.press("Enter")
    assert found(page) == "60 questions, 21 to 40 shown"
    page.focus("#earlier")
    page.keyboard.press("Enter")
    assert found(page) == "60 questions, 1 to 20 shown"
    assert page.is_disabled("#earlier")


def test_script_in_questions_answers_and_schemas_stays_text(page):
    assert page.title() == "tiny/gemma: base and run"
    assert "</script><script>" in page.text_content("article h3 >> nth=0")
    assert "</script><script>" in page.text_content("article pre >> nth=1")
    assert page.locator("article b, article script").count() == 0
    assert page.locator("body script").count() == 2


def test_every_field_has_a_name_and_every_picture_says_what_it_is(page):
    for tag in ("select", "input"):
        labelled = page.locator(f"label:has({tag})").count()
        assert labelled == page.locator(f"#filters {tag}").count() > 0
    assert all(image.get_attribute("alt") for image in page.locator("img").all())
    targets = page.eval_on_selector_all("nav a", "links => links.map(l => l.hash.slice(1))")
    assert all(page.evaluate("id => document.getElementById(id) !== null", id) for id in targets)


def test_one_click_explains_an_interval(page):
    explanation = page.locator("#intervals")
    assert not explanation.is_visible()
    page.locator("th button.explain").first.click()
    assert explanation.is_visible()
    assert "60 questions in 6 databases" in explanation.text_content()
    page.keyboard.press("Escape")
    assert not explanation.is_visible()


def visible_points(page):
    return page.locator("svg.tradeoff:visible .point")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_recipe_has_a_mark_and_no_label_overlaps_another_or_a_mark(page, viewport):
    page.set_viewport_size(viewport)
    names = page.eval_on_selector_all("select[name=variant] option", "all => all.map(o => o.value)")
    points = visible_points(page)
    marks = points.evaluate_all("all => all.map(p => p.dataset.variant)")
    assert sorted(marks) == sorted(names)
    boxes = points.evaluate_all(
        """all => all.flatMap(p => [...p.querySelectorAll("text, .mark")].map((part) => {
             const {left, right, top, bottom} = part.getBoundingClientRect();
             return [left, right, top, bottom, part.tagName];
           }))"""
    )
    assert [box[4] for box in boxes].count("text") == len(names)
    for number, (left, right, top, bottom, tag) in enumerate(boxes):
        assert 0 <= left < right <= viewport["width"]
        for other in boxes[:number]:
            if "text" in (tag, other[4]):
                apart = right <= other[0] or other[1] <= left or bottom <= other[2] + 2
                assert apart or other[3] <= top + 2


def test_first_screen_of_a_phone_shows_the_answer_its_intervals_and_the_plot(page):
    page.set_viewport_size(PHONE)
    assert page.text_content(".summary").count("95 % interval") == 2
    plot = page.locator("svg.tradeoff:visible").bounding_box()
    assert plot["y"] + plot["height"] <= PHONE["height"]


def test_hover_and_focus_tell_variant_both_intervals_and_n(page, report_dir):
    points = visible_points(page)
    points.nth(2).locator(".mark").hover()
    told = page.text_content("#point")
    assert told == points.nth(2).get_attribute("aria-label")
    assert told.startswith("checkpoint-400: gain in execution accuracy ")
    assert "n = 60 questions in 6 databases; on these databases " in told
    assert told.count("95 % interval") == 2
    points.nth(0).focus()
    assert page.text_content("#point").startswith("finetuned: ")


@pytest.mark.parametrize("how", ["click", "Enter", "Space"])
def test_choosing_a_mark_shows_the_answers_of_its_variant(page, how):
    point = page.locator("svg.tradeoff:visible .point[data-variant='scale-0.5']")
    if how == "click":
        point.locator(".mark").click()
    else:
        point.focus()
        page.keyboard.press(how)
    assert page.input_value("select[name=variant]") == "scale-0.5"
    assert page.locator("article h4").nth(2).text_content().startswith("scale-0.5")
    assert page.evaluate("document.getElementById('examples').getBoundingClientRect().top") < 10

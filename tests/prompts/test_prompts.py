"""Facts about what the model sees: the schema, the turns of the chat, and the budget of tokens."""

import sqlite3
from dataclasses import replace

import pytest

from text2sql.data.spider import Column, Example, ForeignKey, Schema, Table, read_schemas
from text2sql.errors import UserError
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.budget import SQL_TOKENS, PromptFitter
from text2sql.prompts.chat import Shot, build_completion, build_prompt
from text2sql.prompts.chat_format import find_chat_format
from text2sql.prompts.schema_text import keep_related_tables, quote_name, render_schema
from text2sql.prompts.tokens import encode_texts


@pytest.fixture(scope="module")
def chat_format(tiny_gemma_dir):
    return find_chat_format(load_tokenizer(str(tiny_gemma_dir)))


@pytest.fixture(scope="module")
def museum(tiny_spider_dir) -> Schema:
    return read_schemas(tiny_spider_dir / "tables.json")["museum"]


def table(name: str, *columns: str, primary_key: tuple[str, ...] = ()) -> Table:
    return Table(name, name, tuple(Column(c, c, "text") for c in columns), primary_key)


SHOP = Schema(
    "shop",
    (
        table("customer", "customer_id", "city", primary_key=("customer_id",)),
        table("orders", "customer_id", "order day", primary_key=("customer_id", "order day")),
        table("warehouse", "shelf"),
        table("planet", "orbit"),
    ),
    (ForeignKey("orders", "customer_id", "customer", "customer_id"),),
)


def test_prompt_of_one_example_is_this(chat_format, museum):
    shot = Shot("CREATE TABLE t (a number);", "How many?", "SELECT count(*) FROM t")
    prompt = build_prompt(render_schema(museum, "create_table"), "Name  the wings.\n", [shot])
    completion = build_completion("SELECT name ,\n name  FROM wing")
    chat = chat_format.render_example(prompt, completion)
    assert chat.prompt_text + chat.completion_text == (
        "<bos><start_of_turn>user\n"
        "Translate the question into one SQLite query for the database with the schema below. "
        "Answer with the SQL only.\n"
        "\n"
        "CREATE TABLE t (a number);\n"
        "\n"
        "Question: How many?<end_of_turn>\n"
        "<start_of_turn>model\n"
        "SELECT count(*) FROM t<end_of_turn>\n"
        "<start_of_turn>user\n"
        "CREATE TABLE wing (wing_id number PRIMARY KEY, name text, style text, floor number);\n"
        "CREATE TABLE painting (painting_id number PRIMARY KEY, name text, technique text, "
        "price number, wing_id number, FOREIGN KEY (wing_id) REFERENCES wing(wing_id));\n"
        "\n"
        "Question: Name the wings.<end_of_turn>\n"
        "<start_of_turn>model\n"
        "SELECT name , name FROM wing<end_of_turn>\n"
    )


def test_instruction_appears_once_and_first():
    contents = [m["content"] for m in build_prompt("S", "Q?", [Shot("S1", "Q1?", "SELECT 1")] * 2)]
    assert [content.startswith("Translate") for content in contents] == [True] + [False] * 4


def test_compact_schema_has_a_line_a_table_and_a_line_of_keys():
    assert render_schema(SHOP, "compact").splitlines() == [
        "customer(customer_id, city)",
        'orders(customer_id, "order day")',
        "warehouse(shelf)",
        "planet(orbit)",
        "Keys: orders.customer_id = customer.customer_id",
    ]


def test_key_of_several_columns_has_its_own_clause():
    assert 'PRIMARY KEY (customer_id, "order day")' in render_schema(SHOP, "create_table")


def test_tables_of_sqlite_itself_are_left_out():
    schema = replace(SHOP, tables=(*SHOP.tables, table("sqlite_sequence", "name", "seq")))
    assert render_schema(schema, "compact") == render_schema(SHOP, "compact")


def test_types_can_be_left_out():
    assert "text" not in render_schema(SHOP, "create_table", with_types=False)
    assert "customer_id PRIMARY KEY" in render_schema(SHOP, "create_table", with_types=False)


@pytest.mark.parametrize(
    "name, quoted",
    {"a_1": "a_1", "1a": '"1a"', "order": '"order"', "a b": '"a b"', 'a"b': '"a""b"'}.items(),
)
def test_name_is_quoted_where_sql_needs_it(name, quoted):
    assert quote_name(name) == quoted
    sqlite3.connect(":memory:").execute(f"CREATE TABLE {quoted} ({quoted} text)")


@pytest.mark.parametrize(
    "question, kept",
    {
        "named_table_and_the_one_its_key_joins": ("Which customers?", ["customer", "orders"]),
        "plural_of_the_name": ("List the planets.", ["planet"]),
        "column_of_a_table": ("What is on the shelves or shelf?", ["warehouse"]),
        "two_words": ("orbit of the warehouse", ["warehouse", "planet"]),
        "nothing_shared": ("How much?", ["customer", "orders", "warehouse", "planet"]),
    }.values(),
)
def test_tables_that_the_question_does_not_touch_are_dropped(question, kept):
    assert [t.name for t in keep_related_tables(SHOP, question).tables] == kept


def test_keys_to_dropped_tables_are_dropped():
    schema = replace(SHOP, foreign_keys=(ForeignKey("planet", "orbit", "warehouse", "shelf"),))
    assert keep_related_tables(schema, "customers").foreign_keys == ()


SHOTS = [Shot(f"CREATE TABLE t{n} (a number);", "How many?", f"SELECT {n}") for n in range(3)]


def fit(chat_format, max_length, gold_sql="SELECT 1", fit_completion=False, **changes):
    fitter = PromptFitter(
        chat_format,
        {"shop": SHOP},
        changes.get("schema_format", "create_table"),
        max_length,
        fit_completion,
    )
    example = Example("shop", "Which customers?", gold_sql, id="the_one")
    return fitter.fit([example], [SHOTS], "test")[0]


def reductions_in_order(chat_format, **changes) -> list[tuple]:
    """Return what is left of the prompt at every fourth length, from the full one down."""
    seen = []
    for max_length in range(fit(chat_format, 10_000).num_prompt_tokens + SQL_TOKENS, 0, -4):
        reduction = fit(chat_format, max_length, **changes).reduction
        step = (reduction.num_shots, reduction.with_types, reduction.all_tables)
        if not seen or seen[-1] != step:
            seen.append(step)
    return seen


def test_shots_go_first_then_types_then_unrelated_tables(chat_format):
    shots = [(3, True, True), (2, True, True), (1, True, True), (0, True, True)]
    assert reductions_in_order(chat_format) == [*shots, (0, False, True), (0, False, False)]


def test_compact_schema_has_no_types_to_lose(chat_format):
    steps = reductions_in_order(chat_format, schema_format="compact")
    assert [step[0] for step in steps] == [3, 2, 1, 0, 0]


def test_last_shot_goes_first_so_that_prompts_share_their_beginning(chat_format):
    full = fit(chat_format, 10_000)
    shorter = fit(chat_format, full.num_prompt_tokens + SQL_TOKENS - 1)
    assert shorter.chat.prompt[:4] == full.chat.prompt[:4]


def test_prompt_fits_its_budget_exactly(chat_format):
    needed = fit(chat_format, 10_000).num_prompt_tokens + SQL_TOKENS
    assert fit(chat_format, needed).reduction.num_shots == 3
    assert fit(chat_format, needed - 1).num_prompt_tokens + SQL_TOKENS < needed


def test_gold_sql_shapes_no_prompt_that_is_evaluated(chat_format):
    long_sql = f"SELECT orbit FROM planet WHERE orbit IN ({', '.join(['1'] * 200)})"
    for max_length in range(150, 500, 21):
        short, long = fit(chat_format, max_length), fit(chat_format, max_length, gold_sql=long_sql)
        assert short.chat.prompt == long.chat.prompt


def test_long_gold_sql_has_its_room_in_training(chat_format):
    long_sql = f"SELECT orbit FROM planet WHERE orbit IN ({', '.join(['1'] * 200)})"
    roomy = fit(chat_format, 10_000, long_sql)
    fitted = fit(chat_format, roomy.num_tokens - 1, long_sql, fit_completion=True)
    assert fitted.reduction.num_shots == 2
    assert fitted.num_tokens < roomy.num_tokens


@pytest.mark.parametrize("max_length", [1, 300, 10_000])
def test_sql_is_never_cut(chat_format, max_length):
    fitted = fit(chat_format, max_length, gold_sql="SELECT orbit FROM planet")
    assert fitted.chat.prompt_text.endswith("<start_of_turn>model\n")
    assert fitted.chat.completion_text == "SELECT orbit FROM planet<end_of_turn>\n"


def test_tokens_are_those_of_the_whole_texts(chat_format):
    fitted = fit(chat_format, 10_000)
    prompt_ids, text_ids = encode_texts(
        chat_format.tokenizer,
        [fitted.chat.prompt_text, fitted.chat.prompt_text + fitted.chat.completion_text],
    )
    assert (fitted.num_prompt_tokens, fitted.num_tokens) == (len(prompt_ids), len(text_ids))


def test_example_that_the_template_cannot_express_is_named(tiny_gemma_dir):
    tokenizer = load_tokenizer(str(tiny_gemma_dir))
    tokenizer.chat_template = tokenizer.chat_template.replace(
        "message['content'] | trim", "message['content'] | replace('customers', 'buyers')"
    )
    with pytest.raises(UserError, match="cannot express the_one: it changes or leaves out"):
        fit(find_chat_format(tokenizer), 10_000)


@pytest.mark.real_data
@pytest.mark.parametrize("with_types", [True, False])
def test_every_real_schema_is_sql_that_sqlite_takes(spider_dir, with_types):
    for schema in read_schemas(spider_dir / "tables.json").values():
        connection = sqlite3.connect(":memory:")
        connection.executescript(render_schema(schema, "create_table", with_types))
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {table.name for table in schema.tables} - {"sqlite_sequence"}
        assert {name for (name,) in rows} == tables

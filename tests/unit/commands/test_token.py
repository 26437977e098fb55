"""A token is shown once; configuration knows its hash."""

import yaml
from aitrader_server.adapters.tokens import TokenHolder, TokenStore
from aitrader_server.commands.token import token
from aitrader_server.config import Config
from click.testing import CliRunner


def test_the_line_makes_the_token_known():
    ran = CliRunner().invoke(token, ["new", "--name", "desk-1", "--role", "trader"])
    assert ran.exit_code == 0
    fresh = ran.stdout.strip()
    config = Config.model_validate(yaml.safe_load(ran.stderr))
    (entry,) = config.access.tokens
    store = TokenStore([TokenHolder(entry.name, entry.role, entry.sha256)])
    known = store.holder(fresh)
    assert known is not None
    assert (known.name, known.role) == ("desk-1", "trader")
    assert fresh not in ran.stderr
    assert len(fresh) >= 43


def test_no_two_tokens_are_alike():
    made = {
        CliRunner().invoke(token, ["new", "--name", "a", "--role", "viewer"]).stdout
        for _ in range(5)
    }
    assert len(made) == 5


def test_a_name_that_the_journal_would_not_take_is_refused():
    ran = CliRunner().invoke(token, ["new", "--name", "two words", "--role", "viewer"])
    assert ran.exit_code == 2
    assert "--name" in ran.output

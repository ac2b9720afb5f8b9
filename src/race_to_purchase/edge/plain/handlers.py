"""The requests to the plain pages, and what a person sees where there is no page.

A form that worked is answered by a redirect to the page, another one by the page and what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from msgspec.structs import replace

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.cookies import set_cookie
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.origins import is_encrypted
from race_to_purchase.edge.plain.asking import fields_of, meant, session_of
from race_to_purchase.edge.plain.frame import BRAND, HTML, Shown
from race_to_purchase.edge.plain.front import front_page
from race_to_purchase.edge.plain.kept import Kept, keep, kept_by
from race_to_purchase.edge.plain.problem_pages import ProblemPages, trouble
from race_to_purchase.edge.plain.steps import Sent, Steps
from race_to_purchase.edge.plain.visit import Views, Visit
from race_to_purchase.edge.principals import in_person
from race_to_purchase.edge.problems import Refused, no_such_page, pages_not_built, unavailable
from race_to_purchase.edge.reply import Reply
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.errors import TryAgainLater
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.session import Session


class Step(Protocol):
    """One kind of form: what the browser keeps afterwards, or the problem that came of it."""

    async def __call__(self, sent: Sent) -> Kept | Answer: ...


class PlainPages:
    """Handlers of `/shop/{drop}/plain…`, of `/`, and of every address at which there is nothing."""

    def __init__(self, sessions: Sessions, views: Views, steps: Steps, gate: Gate, alone: ProblemPages) -> None:
        self._sessions = sessions
        self._views = views
        self._gate = gate
        self._alone = alone
        self._languages, self._frame = alone.languages, alone.frame
        self.join = self._form(steps.join)
        self.address = self._form(steps.address)
        self.code = self._form(steps.code)
        self.enter = self._form(steps.enter)
        self.reserve = self._form(steps.reserve)
        self.pay = self._form(steps.pay)
        self.returned = self._form(steps.returned)
        self.cancel = self._form(steps.cancel)
        self.again = self._form(steps.again)

    async def show(self, call: Call) -> Answer:
        """GET /shop/{drop}/plain."""
        if not self._languages.tags:
            return pages_not_built()
        visit = await self._visit(call, session_of(self._sessions, call.headers))
        return self._page(await self._views.of(visit), visit)

    async def front(self, call: Call) -> Answer:
        """GET /: no sale is here, and whoever came by hand is told where they are."""
        if not self._alone.shows(call.headers):
            return no_such_page()
        words = self._languages.of(call.query, call.headers)
        return self._frame.page(Shown(BRAND, front_page(words)), words)

    def nothing(self, query: bytes, headers: Mapping[bytes, bytes]) -> Answer:
        """There is nothing at this address."""
        return self._alone.alone(no_such_page(), headers, query)

    def refused(self, told: Answer, headers: Mapping[bytes, bytes]) -> Answer:
        """See ProblemPages."""
        return self._alone.refused(told, headers)

    def _form(self, step: Step) -> Any:
        async def answered(call: Call) -> Answer:
            return await self._answered(call, step)

        return answered

    async def _answered(self, call: Call, step: Step) -> Answer:
        if not self._languages.tags:
            return pages_not_built()
        fields = fields_of(call)
        session, begun = meant(self._sessions, call, fields)
        visit = await self._visit(call, session)
        assert visit.principal is not None
        try:
            await self._gate.admit_in_person(call.route, visit.principal)
            done = await step(Sent(call, visit.principal, visit.kept, fields))
        except Refused as refused:
            done = refused.answer
        except TryAgainLater as error:
            done = unavailable(error)
        return await self._after(visit, done, session if begun else None, fields)

    async def _after(
        self, visit: Visit, done: Kept | Answer, begun: Session | None, fields: Mapping[str, str]
    ) -> Answer:
        secure = is_encrypted(visit.call.headers)
        cookies = []
        if begun is not None:
            value, left_s = self._sessions.cookie(begun)
            cookies.append(set_cookie(value, max_age_s=left_s, secure=secure))
        if isinstance(done, Kept):
            cookies.append(keep(done, visit.drop.id, secure=secure))
            forms = visit.forms
            back = (b"location", f"{forms.path}{forms.query}".encode("ascii"))
            return Reply(303, b"", media_type=HTML, headers=(back, *cookies))
        visit = replace(visit, wish=visit.wish.with_fields(fields))
        page = self._page(await self._views.of(visit), visit, done)
        return replace(page, headers=(*page.headers, *cookies))

    async def _visit(self, call: Call, session: Session | None) -> Visit:
        query, kept = dict(parse_qsl(call.query.decode("latin-1"), keep_blank_values=True)), kept_by(call.headers)
        return Visit(
            call=call,
            drop=await self._views.drop(call),
            words=self._languages.of(call.query, call.headers),
            kept=kept,
            principal=None if session is None else in_person(session),
            csrf=None if session is None else self._sessions.csrf(session),
            query=query,
            wish=kept.wished(),
        )

    def _page(self, shown: Shown, visit: Visit, wrong: Answer | None = None) -> Reply:
        words, drop = visit.words, visit.drop
        prices = sorted({item.price for item in drop.items})
        facts = [" – ".join(words.money(price, drop.currency) for price in (prices[:1] + prices[1:][-1:]))]
        if wrong is None:
            return self._frame.page(shown, words, facts)
        told = replace(shown, body=[trouble(wrong, words), *shown.body])
        return replace(self._frame.page(told, words, facts, wrong.status), retry_after_s=wrong.retry_after_s)

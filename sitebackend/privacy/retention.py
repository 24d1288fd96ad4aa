"""How long this room keeps what, from when, and why. Arithmetic of dates, nothing else.

A period of calendar years starts with the end of the year in which it was caused: what was answered on
2 January 2026 and what was answered on 30 December 2026 both go on 1 January 2030.
"""

from datetime import date, timedelta

REQUEST_TEXT = timedelta(days=30)  #: S12: after the answer the request itself goes; until then it can be asked back
PROOF_YEARS = 3  #: §§ 195, 199 BGB: as long as somebody could claim that the request was not answered
ANSWER_LIVES = timedelta(days=14)  #: a copy of somebody's data that nobody fetches is only a danger
LINK_LIVES = timedelta(days=14)  #: by then the person answered, or is asked another way


def end_of_calendar_years(caused_on: date, years: int) -> date:
    """The last day of a period of whole calendar years."""
    return date(caused_on.year + years, 12, 31)


def last_answer_year_to_go(today: date, years: int = PROOF_YEARS) -> int:
    """Proofs of requests that were answered in this year, or before it, have had their time."""
    return today.year - years - 1

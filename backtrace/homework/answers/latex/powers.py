r"""Powers in LaTeX: what is raised, and to what; x^2, x^{n-1}, x^{\top}, wx^2."""

from __future__ import annotations

from backtrace.homework.answers.latex.calls import Calls
from backtrace.homework.answers.latex.commands import TRANSPOSES
from backtrace.homework.answers.latex.pieces import Kind, Piece, power
from backtrace.reading.building import Builder
from backtrace.reading.numbers import raised
from backtrace.reading.tokens import TRANSPOSED, starts_raised


class Powers(Calls):
    """The rules for what stands after an operand."""

    def factor(self) -> Piece:
        """factor = atom ('^' superscript | raised digits | '**' signed | 'ᵀ' | '.T')*"""
        first = self.at
        piece = self.atom()
        seen = False
        while True:
            text = self.texts[self.at]
            if text == "_":
                piece = self.late_subscript(piece, first)
            elif text == "^":
                if seen:
                    raise self.error("a second exponent: write {x^a}^b, or x^{a^b}")
                seen = True
                piece = self.superscript(piece, first)
            elif starts_raised(text):
                piece = self.raised_digits(piece, first)
            elif text == "**":
                piece = self.starred(piece, first)
            elif text == "[" and piece.kind in (Kind.NAME, Kind.WORD) and self.is_index():
                piece = Piece(piece.text + self.index(), Kind.CALL)
            elif text == TRANSPOSED or (text == "." and self.texts[self.at + 1] == "T"):
                self.at += 1 if text == TRANSPOSED else 2
                piece = self.transposed(piece, first)
            else:
                return piece

    def late_subscript(self, piece: Piece, first: int) -> Piece:
        """The subscript in x^2_1, which is x_1^2; nothing else than a name has one."""
        base, sign, exponent = piece.text.partition("**")
        if piece.kind is Kind.POWER and sign and base.isidentifier() and len(base) == 1:
            return Piece(
                self.subscripted(Piece(base, Kind.NAME)).text + sign + exponent, piece.kind
            )
        raise self.error("a subscript belongs to a name, as in x_1", first, self.at)

    def superscript(self, base: Piece, first: int) -> Piece:
        """'^' (TRANSPOSE | argument)"""
        sign = self.at
        self.at += 1
        if self.is_transpose():
            return self.transposed(base, first)
        if self.texts[self.at] == "(":  # nobody means the bracket alone, which LaTeX raises
            exponent = self.bracketed()
        else:
            in_braces = self.texts[self.at] == "{"
            exponent = self.argument(sign, "an exponent")
            self.refuse_index(base, exponent, sign, in_braces=in_braces)
        if exponent == Piece("T", Kind.NAME) and base.kind is not Kind.NUMBER:
            if base.text == "e" or "T" in self.names:
                message = r"a power, or transposed? write e^{(T)}, or x^{\top}"
                raise self.error(message, first, self.at - 1)
            return self.transposed(base, first)
        return self.raised_to(base, exponent, first)

    def refuse_index(self, base: Piece, above: Piece, sign: int, *, in_braces: bool) -> None:
        """A^{(1)} and A^{[1]} are names in the field, and powers in algebra: refuse them."""
        single = above.inside.isalnum() and above.kind is Kind.PARENTHESIS
        listed = in_braces and self.texts[sign + 2] == "["
        is_name = base.kind in (Kind.NAME, Kind.WORD) and base.text != "e"
        if in_braces and is_name and (single or listed):
            message = "an index, or a power? write x_1 for an index, x^2 for a power"
            raise self.error(message, sign, self.at - 1)

    def is_transpose(self) -> bool:
        r"""Take `\top` or `{\top}` if it comes next."""
        texts, at = self.texts, self.at
        braced = texts[at] == "{"
        found = texts[at + braced : at + braced + 1 + braced]
        if not found or found[0][1:] not in TRANSPOSES or found[0][:1] != "\\":
            return False
        if braced and found[1:] != ["}"]:
            return False
        self.at += 3 if braced else 1
        return True

    def transposed(self, base: Piece, first: int) -> Piece:
        """x.T"""
        self.refuse_unseen(base, first)
        before, base = self.last_of(base, first)
        held = base.held(Kind.TRANSPOSED)
        return self.after(before, Piece(f"{held}.T", Kind.TRANSPOSED, base.bracketed))

    def raised_to(self, base: Piece, exponent: Piece, first: int) -> Piece:
        """base**exponent"""
        self.refuse_unseen(base, first)
        before, base = self.last_of(base, first)
        return self.after(before, power(base, exponent))

    def after(self, before: list[str], piece: Piece) -> Piece:
        """A factor after the names that stood before it in a run of letters."""
        return Piece("*".join([*before, piece.text]), Kind.PRODUCT) if before else piece

    def raised_digits(self, base: Piece, first: int) -> Piece:
        """x²"""
        digits = raised(self.texts[self.at])
        if not digits:
            raise self.unexpected()
        self.at += 1
        kind = Kind.SUM if digits[0] == "-" else Kind.NUMBER
        return self.raised_to(base, Piece(digits, kind), first)

    def starred(self, base: Piece, first: int) -> Piece:
        """'**' '-'? factor, as in the language"""
        opened = self.at
        self.at += 1
        self.enter(opened)
        minus = self.texts[self.at] == "-"
        self.at += minus
        exponent = self.factor()
        self.depth -= 1
        if minus:
            exponent = Piece(f"-{exponent.held(Kind.POWER)}", Kind.SUM)
        return self.raised_to(base, exponent, first)

    def refuse_unseen(self, base: Piece, first: int) -> None:
        """Braces do not show: `{a + b}^2` looks like a + b^2."""
        if base.kind <= Kind.PRODUCT:
            message = "braces do not show: write \\left( \\right) around what is raised"
            raise self.error(message, first, self.at - 1)

    def last_of(self, base: Piece, first: int) -> tuple[list[str], Piece]:
        """In wx^2 the exponent belongs to x, if w and x are names; in loss^2 to a whole name."""
        if base.kind is not Kind.WORD:
            return [], base
        ways = Builder(self.names).splits(base.text)
        if len(ways) != 1:
            text = base.text
            message = (
                f"the power of {text[-1]} or of {text}? write {text[:-1]} {text[-1]}^…,"
                f" or \\mathrm{{{text}}}^…"
            )
            raise self.error(message, first, self.at - 1)
        *before, last = ways[0]
        return before, Piece(last, Kind.NAME)

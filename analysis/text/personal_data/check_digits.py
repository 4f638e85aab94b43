"""Check digits that tell a card, an IBAN or an NHS number from any other long number."""


def digit_list(written: str) -> list[int]:
    return [int(sign) for sign in written if sign.isdecimal()]


def luhn(written: str) -> bool:
    """True if the check digit of a payment card is right (ISO/IEC 7812-1, annex B)."""
    reverse = digit_list(written)[::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in reverse[1::2]]
    return (sum(reverse[::2]) + sum(doubled)) % 10 == 0 and any(reverse)


def modulo_97(written: str) -> bool:
    """True if the check digits of an IBAN are right (ISO 13616): the rearranged number leaves 1
    when divided by 97.
    """
    plain = written.replace(" ", "").upper()
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def modulo_11(written: str) -> bool:
    """True if the check digit of an NHS number is right: weights 10 to 2, eleven less the remainder
    is the tenth digit.
    """
    number = digit_list(written)
    check = 11 - sum(n * w for n, w in zip(number, range(10, 1, -1), strict=False)) % 11
    return check % 11 == number[9]

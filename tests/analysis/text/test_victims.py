"""Kind words about somebody who died or was hurt are no praise of the police."""

import pytest

from analysis.text.lexicons import is_about_a_victim
from analysis.text.tone import score_texts

BEFORE_THE_RULE = """
RIP that poor lad, a lovely boy, always smiling.
He was the kindest man you could meet and now he is dead.
She was a beautiful soul taken far too soon.
My neighbour was stabbed outside the shop. He was a wonderful father.
Such a sweet young man, killed for nothing.
The boy who was shot was a brilliant footballer and a good friend.
Our thoughts and prayers are with the family of the girl who was murdered.
Heaven has gained another angel. Sleep tight darling.
The victim was a lovely young man, murdered at 17.
RIP to the boy who was stabbed, he had such a beautiful smile.
They will be missed so much, best grandad in the world.
The lady who was attacked is a lovely gentle person who helps everybody.
He died last March. He loved music and made everyone laugh.
Gone but never forgotten, our beautiful girl.
The old man who was mugged is such a gentleman, always cheerful.
My brother passed away in custody. He was a loving, generous man.
"""
AFTER_THE_RULE = """
Our postman got jumped for his phone and he is the nicest bloke on the round.
Candles and photos everywhere for little Amina, what a gorgeous child.
The lady from number six died on Sunday, a real treasure, always had sweets for the kids.
Old Frank was beaten up on the bus, such a polite and friendly man.
I went to school with the lad who was killed, funny and clever, would do anything for anyone.
She got run over at the crossing. A brilliant nurse and the best mum.
God rest her soul, she was the life of the party.
The shopkeeper was robbed at knifepoint, and still he smiles at every customer, what a hero.
The girl who was assaulted is so brave and I love her.
A beautiful funeral yesterday, hundreds came to celebrate a wonderful life.
"""
HELPED = """
The officers were lovely to us after my son was killed.
The police officer who came when my husband died was wonderful and so kind.
When my mum was attacked the response team were brilliant, they came in minutes.
After the stabbing they handled it well and kept us calm.
My brother was hurt and the constable who helped him was fantastic.
The liaison officer was so caring when our daughter passed away.
A woman was knocked down and the police were superb, she is fine now.
My dad died and the neighbourhood team sent flowers, really touched.
My phone was robbed and you found it the same day, brilliant.
Best coppers in London, sat with me all night when my sister died.
"""


@pytest.mark.parametrize(("said", "most"), [(BEFORE_THE_RULE, 1), (AFTER_THE_RULE, 3)])
def test_kind_words_about_a_victim_are_no_praise(said, most):
    """Some remain: "they" may be the police, and a fate that no list has is not seen."""
    texts = said.strip().splitlines()
    found = [tone.label for tone in score_texts(texts, ["en"] * len(texts))]
    assert found.count("positive") <= most


def test_praise_of_who_helped_a_victim_stays():
    texts = HELPED.strip().splitlines()
    assert not any(map(is_about_a_victim, texts))
    found = [tone.label for tone in score_texts(texts, ["en"] * len(texts))]
    assert found == ["positive"] * len(texts)

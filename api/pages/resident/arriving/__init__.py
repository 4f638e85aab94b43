"""How people come to a survey: by which short link, from which website, with which password."""

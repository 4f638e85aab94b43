# Makes tests/reference/scrutiny_estimates.json: run `Rscript tests/analysis/scrutiny/estimates.R`.
suppressMessages(library(survey))
options(digits = 15, survey.lonely.psu = "adjust")
num <- function(x) paste0("[", paste(format(x, digits = 15), collapse = ","), "]")
designs <- list(
  plain = list(size = c(120, 300), drawn = c(10, 20), marked = c(6, 5)),
  whole = list(size = c(7, 80, 300), drawn = c(7, 10, 20), marked = c(4, 3, 2)),
  lone = list(size = c(3, 6, 90, 200), drawn = c(3, 1, 12, 16), marked = c(1, 1, 5, 4)),
  census = list(size = c(12, 9), drawn = c(12, 9), marked = c(5, 2)))
one <- function(d) {
  h <- rep(seq_along(d$size), d$drawn)
  y <- unlist(mapply(function(n, x) c(rep(1, x), rep(0, n - x)), d$drawn, d$marked))
  frame <- data.frame(h = h, y = y, N = d$size[h], w = (d$size / d$drawn)[h])
  m <- svymean(~y, svydesign(~1, strata = ~h, fpc = ~N, weights = ~w, data = frame))
  part <- subset(frame, ave(w, h, FUN = length) < N)
  beta <- c(NA, NA)
  if (nrow(part) > 0) {
    des <- svydesign(~1, strata = ~h, fpc = ~N, weights = ~w, data = part)
    beta <- as.vector(attr(svyciprop(~y, des, method = "beta", df = degf(des)), "ci"))
  }
  # Of each stratum: the numbers of marked records that are not ruled out at 2.5 % on either side.
  exact <- mapply(function(N, n, x) {
    M <- x:(N - n + x)
    c(min(M[1 - phyper(x - 1, M, N - M, n) > 0.025]), max(M[phyper(x, M, N - M, n) > 0.025])) / N
  }, d$size, d$drawn, d$marked)
  paste0('{"size":', num(d$size), ',"drawn":', num(d$drawn), ',"marked":', num(d$marked),
    ',"mean":', num(as.vector(coef(m))), ',"se":', num(as.vector(SE(m))),
    ',"beta":', gsub("NA", "null", num(beta)),
    ',"low":', num(exact[1, ]), ',"high":', num(exact[2, ]), "}")
}
cat("{", paste0('"', names(designs), '":', sapply(designs, one), collapse = ",\n"), "}\n")

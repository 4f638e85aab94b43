# soundings.R: reads figures and statistician's files of Soundings into R.
#
#   source("soundings.R")
#   file <- soundings_read("soundings-statistician-monthly-2026-10-01-1.zip")
#   survey::svymean(~index, design(file), na.rm = TRUE)
#
# Needed: R 4.1 and the package survey. With the package srvyr a design is a srvyr one; with jsonlite
# the list of reports can be read. reproduce-in-r.md next to this file reproduces a published standard error.

#' Read a statistician's file.
#'
#' @param path The ZIP as it was downloaded, or a folder with what was in it.
#' @return A list: `answers` (a row for each person), `margins` (the residents that the weights were
#'   fitted to), `categories` (what each category of a margin holds), `published` (the figures of the report) and `readme` (its lines).
soundings_read <- function(path) {
  folder <- path
  if (!dir.exists(path)) {
    # In a folder of this session, which R deletes when it ends: the rows are about people.
    folder <- tempfile("soundings")
    utils::unzip(path, exdir = folder)
  }
  read <- function(name) {
    utils::read.csv(file.path(folder, name), na.strings = "", check.names = FALSE,
      fileEncoding = "UTF-8")
  }
  found <- list(
    answers = read("answers.csv"), margins = read("margins.csv"),
    categories = read("categories.csv"), published = read("edition.csv"),
    readme = readLines(file.path(folder, "README.txt"), encoding = "UTF-8"))
  for (name in unique(found$margins$variable)) {
    categories <- found$margins$category[found$margins$variable == name]
    found$answers[[name]] <- factor(found$answers[[name]], levels = categories)
  }
  class(found) <- "soundings_file"
  found
}

#' The design of a statistician's file, with the weights of the report.
#'
#' Answers come in sampling units within strata. Weights are the inverse probabilities, raked to the
#' margins, so an error is that of the residuals on the margins, as in `survey::calibrate()`. Sets
#' `options(survey.lonely.psu = "adjust")`, as the reports do: a stratum with one unit is measured
#' from the mean of all.
#'
#' @param file What `soundings_read()` returned.
#' @return A srvyr design where the package srvyr is installed, else one of the package survey.
design <- function(file) {
  options(survey.lonely.psu = "adjust")
  drawn <- survey::svydesign(
    ids = ~psu, strata = ~stratum, weights = ~base_weight, data = file$answers, nest = TRUE)
  if (nrow(file$margins) > 0) drawn <- raked_design(drawn, file$margins)
  if (requireNamespace("srvyr", quietly = TRUE)) return(srvyr::as_survey(drawn))
  message("The package srvyr is not installed: this is a design of the package survey.")
  drawn
}

# The design raked to the margins, with the capped weights of the report where any were capped.
raked_design <- function(drawn, margins) {
  names <- unique(margins$variable)
  totals <- lapply(names, function(name) {
    mine <- margins[margins$variable == name, ]
    stats::setNames(mine$total, paste0(name, mine$category))
  })
  # The first category of each margin is what the intercept stands for.
  population <- c("(Intercept)" = sum(totals[[1]]), unlist(lapply(totals, function(one) one[-1])))
  raked <- survey::calibrate(
    drawn, stats::reformulate(names), population, calfun = "raking", epsilon = 1e-10, maxit = 200)
  capped <- drawn$variables$weight / stats::weights(raked)
  if (max(abs(capped - 1)) > 1e-6) {
    # calibrate() knows no caps. The residuals stay those of the weights before raking; what they
    # are multiplied by becomes the weight of the report.
    last <- length(raked$postStrata)
    raked$postStrata[[last]]$w <- raked$postStrata[[last]]$w * capped
    raked$prob <- raked$prob / capped
  }
  raked
}

#' The part of a design in which people answered a question, or have an index.
#'
#' Everybody else stays in the design with a weight of 0, as a domain has to be estimated.
#'
#' @param design What `design()` returned.
#' @param question The name of a column.
index_answers <- function(design, question = "index") {
  if (!question %in% names(design$variables)) {
    stop("The file has no column \"", question, "\". The file of a weekly report has the index and ",
         "no questions: take that of a monthly report.", call. = FALSE)
  }
  subset(design, !is.na(design$variables[[question]]))
}

#' The mean of a column with its error and its 95% interval, as reports give them.
#'
#' @param design What `design()` returned, or a part of it.
#' @param question The name of a column of numbers, or of a question together with `answer`.
#' @param answer For a question: the per cent who gave this answer, such as "agree".
#' @return A row: how many answered, value, standard error, degrees of freedom, limits of the t
#'   interval. Of a per cent the report has the same error, and Korn-Graubard limits.
remade <- function(design, question = "index", answer = NULL) {
  part <- index_answers(design, question)
  y <- part$variables[[question]]
  part$variables$y <- if (is.null(answer)) y else 100 * (y == answer)
  mean <- survey::svymean(~y, part, na.rm = TRUE)
  weight <- stats::weights(part)
  df <- survey::degf(part)
  error <- as.vector(survey::SE(mean))
  reach <- stats::qt(0.975, df) * error
  value <- as.vector(stats::coef(mean))
  data.frame(
    n = sum(weight > 0), effective_n = sum(weight)^2 / sum(weight^2), value = value,
    standard_error = error, df = df, low = value - reach, high = value + reach)
}

#' The index of each borough, with errors that are pooled over all of them, as reports give them.
#'
#' A few sampling units say little about their own spread, so every borough has the same variance for
#' each effective answer: the mean of all, weighted by their degrees of freedom.
#'
#' @param design What `design()` returned.
#' @return A row for each borough that has an index.
remade_boroughs <- function(design) {
  codes <- sort(unique(design$variables$borough[!is.na(design$variables$index)]))
  rows <- lapply(codes, function(code) {
    remade(subset(design, design$variables$borough == code))
  })
  found <- cbind(borough = codes, do.call(rbind, rows))
  own <- found$df >= 1 & is.finite(found$standard_error)
  df <- sum(found$df[own])
  if (df == 0) return(found)
  unit <- sum((found$df * found$standard_error^2 * found$effective_n)[own]) / df
  found$standard_error <- sqrt(unit / found$effective_n)
  reach <- stats::qt(0.975, df) * found$standard_error
  transform(found, df = df, low = value - reach, high = value + reach)
}

#' The published figures of a report, from the site that publishes it.
#'
#' @param site The address of the site, such as "https://soundings.example.org".
#' @param kind "weekly" or "monthly".
#' @param start The first day of the report, or any day in it; "latest" for the newest.
#' @return A row for each figure; value, low and high are missing where the report withholds them.
soundings_report <- function(site, kind = "weekly", start = "latest") {
  read_figures(site, "reports", kind, as.character(start), "edition.csv")
}

#' The figures of a borough in every published report.
#'
#' @param borough Its code, such as "E09000012".
soundings_borough <- function(site, borough) {
  read_figures(site, "reports", "boroughs", borough, "figures.csv")
}

#' The figures of a theme in every published report.
#'
#' @param theme Its name in the codebook, such as "young-people".
soundings_theme <- function(site, theme) {
  read_figures(site, "reports", "themes", theme, "figures.csv")
}

#' The newest published reports (the first page of the list); needs the package jsonlite.
#'
#' @return A row for each report: kind, start, end, number, sha256, and why it was withdrawn if it was.
soundings_reports <- function(site) {
  if (!requireNamespace("jsonlite", quietly = TRUE)) {
    stop("The list of reports is JSON: install.packages(\"jsonlite\") reads it.")
  }
  jsonlite::fromJSON(paste0(sub("/+$", "", site), "/api/v1/reports"))$items
}

read_figures <- function(site, ...) {
  address <- paste(sub("/+$", "", site), ..., sep = "/")
  connection <- url(address, encoding = "UTF-8")
  utils::read.csv(connection, na.strings = "", check.names = FALSE)
}

"""The same figures from R on the spot, wherever Rscript and its survey package are installed."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from analysis.statistics import changes, counts, interventions
from analysis.statistics.sampling import estimates, proportions, samples
from analysis.statistics.sampling.samples import Design, Sample

pytestmark = pytest.mark.slow
PACKAGES = ("survey", "MASS", "nlme", "sandwich")

SCRIPT = """
suppressMessages({library(survey); library(MASS); library(nlme); library(sandwich)})
options(digits = 15, survey.lonely.psu = "adjust")
d <- read.csv("people.csv"); s <- read.csv("series.csv")
des <- svydesign(~psu, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = d, nest = TRUE)
sub <- subset(des, domain == 1)
est <- function(f, ...) list(value = as.vector(coef(f)), se = as.vector(SE(f)), ...)
free <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
post <- postStratify(free, ~age, data.frame(age = 0:2, Freq = c(400, 300, 300)))
pair <- svyby(~y, ~domain, free, svymean, covmat = TRUE)
out <- list(
  mean = est(svymean(~y, des)), total = est(svytotal(~y, des)), ratio = est(svyratio(~y, ~x, des)),
  domain = est(svymean(~y, sub)), domain_total = est(svytotal(~y, sub)),
  deff = as.vector(deff(svymean(~y, free, deff = "replace"))),
  difference = est(svycontrast(pair, c(1, -1))),
  post = est(svymean(~y, post)),
  beta = as.vector(attr(svyciprop(~b, free, method = "beta"), "ci")),
  holm = p.adjust(c(.01, .04, .03, .2), "holm"), bh = p.adjust(c(.01, .04, .03, .2), "BH"))
m <- glm.nb(count ~ step + factor(area) + offset(log(people)), data = s)
p <- glm(count ~ step + factor(area) + offset(log(people)), data = s, family = poisson)
out$nb <- c(coef(m)[["step"]], sqrt(vcov(m)["step", "step"]), m$theta)
out$cluster <- sqrt(vcovCL(p, cluster = s$area, type = "HC0", cadj = TRUE)["step", "step"])
one <- s[s$area == 1, ]
g <- gls(level ~ t + step + since, correlation = corAR1(form = ~t), data = one)
out$its <- c(coef(g), sqrt(diag(vcov(g))),
  coef(g$modelStruct$corStruct, unconstrained = FALSE), g$sigma)
num <- function(x) paste0("[", paste(format(unlist(x), digits = 15), collapse = ","), "]")
cat("{", paste0('"', names(out), '":', sapply(out, num), collapse = ","), "}")
"""


def random_people(n=240):
    """Six strata of up to six PSUs, the last with one alone; two domains that share PSUs."""
    rng = np.random.default_rng(6107)
    stratum = np.arange(n) % 6
    psu = np.where(stratum == 5, 0, rng.integers(0, 6, n))
    return {
        "y": rng.normal(50, 20, n),
        "x": rng.uniform(1, 3, n),
        "b": (rng.random(n) < 0.3).astype(float),
        "weight": rng.uniform(1, 5, n),
        "stratum": stratum,
        "psu": psu,
        "fpc": np.full(n, 40),
        "domain": rng.integers(0, 2, n),
        "age": rng.integers(0, 3, n),
    }


def simulated_series(areas=8, weeks=40, start=26):
    rng = np.random.default_rng(77)
    area, t = np.divmod(np.arange(areas * weeks), weeks)
    step, lived = (t >= start).astype(int), 1.0 + area
    noise = np.convolve(rng.normal(0, 1, len(t) + 4), [1, 0.6, 0.3, 0.1, 0.05], "valid")
    return {
        "area": area + 1,
        "t": t,
        "step": step,
        "since": np.maximum(t - start, 0),
        "people": lived,
        "count": rng.negative_binomial(3, 3 / (3 + lived * np.exp(0.5 + 0.3 * step))),
        "level": 50 + 0.1 * t - 2 * step + noise[: len(t)],
    }


def write_columns(path, columns):
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(map(repr, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    if (rscript := shutil.which("Rscript")) is None:
        pytest.skip("R is not installed: apt-get install r-base-core r-cran-survey")
    have = f"stopifnot({', '.join(f'requireNamespace({name!r})' for name in PACKAGES)})"
    if subprocess.run([rscript, "-e", have], capture_output=True).returncode:
        pytest.skip(f"R lacks one of its packages {', '.join(PACKAGES)}")
    folder = tmp_path_factory.mktemp("r")
    write_columns(folder / "people.csv", random_people())
    write_columns(folder / "series.csv", simulated_series())
    (folder / "figures.R").write_text(SCRIPT)
    run = subprocess.run([rscript, "figures.R"], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def close(found, theirs, relative=1e-8):
    ours = [*found.value, *found.se] if isinstance(found, estimates.Means) else found
    assert list(ours) == pytest.approx(theirs, rel=relative)


def sample_of(fpc=True, weight=None):
    d = random_people()
    design = Design(
        weight=d["weight"] if weight is None else weight,
        stratum=d["stratum"],
        psu=d["psu"],
        fpc=d["fpc"].astype(float) if fpc else None,
    )
    return Sample(modes=np.full(len(d["y"]), "sampled"), design=design)


def test_mean_total_and_ratio_with_fpc_and_a_lone_psu(theirs):
    d = random_people()
    close(estimates.means(d["y"], sample_of()), theirs["mean"])
    close(estimates.totals(d["y"], sample_of()), theirs["total"])
    close(estimates.ratios(d["y"], d["x"], sample=sample_of()), theirs["ratio"])


def test_domains(theirs):
    d = random_people()
    domain = np.where(d["domain"] == 1, 0, -1)
    close(estimates.means(d["y"], sample_of(), domain=domain), theirs["domain"])
    close(estimates.totals(d["y"], sample_of(), domain=domain), theirs["domain_total"])


def test_difference_of_domains_that_share_psus(theirs):
    d = random_people()
    sides = {"first": d["domain"] == 0, "second": d["domain"] == 1}
    close(estimates.difference(d["y"], sample_of(fpc=False), **sides), theirs["difference"])


def test_design_effect(theirs):
    d, sample = random_people(), sample_of(fpc=False)
    found = estimates.means(d["y"], sample)
    close(estimates.design_effect(d["y"], sample, found), theirs["deff"])


def test_post_stratification(theirs):
    d = random_people()
    raked = samples.rake(
        d["weight"], {"age": d["age"]}, {"age": np.array([400.0, 300.0, 300.0])}, trim=None
    )
    projection = estimates.Projection(cells={"age": d["age"]}, design_weight=d["weight"])
    sample = sample_of(fpc=False, weight=raked.weight)
    close(estimates.means(d["y"], sample, projection=projection), theirs["post"])


def test_korn_graubard_as_r_has_it(theirs):
    found = estimates.means(random_people()["b"], sample_of(fpc=False))
    limits = proportions.korn_graubard(found, truncate=False)
    close([*limits.low, *limits.high], theirs["beta"])


def test_many_tests_at_once(theirs):
    p = np.array([0.01, 0.04, 0.03, 0.2])
    close(changes.holm(p), theirs["holm"])
    close(changes.benjamini_hochberg(p), theirs["bh"])


def test_counts(theirs):
    s = simulated_series()
    x = counts.with_area_dummies(s["step"].astype(float), s["area"])
    found = counts.negative_binomial(s["count"], x, s["people"])
    close([found.beta[0], found.se[0], found.theta], theirs["nb"], relative=1e-5)
    clustered = counts.poisson(s["count"], x, s["people"], cluster=s["area"])
    close([clustered.se[0]], theirs["cluster"], relative=1e-6)


def test_interrupted_series(theirs):
    s = simulated_series()
    found = interventions.interrupted_series(s["level"][:40], 26)
    close([*found.beta, *found.se, found.rho, found.sigma], theirs["its"], relative=1e-5)

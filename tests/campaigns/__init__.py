"""Stress tests: things are killed, starved, cut off and filled up while residents send answers.

They are marked `slow`: `./soundings test --slow` runs them, at a size that fits into a build.
By hand they can run larger, and log how it went:

    CAMPAIGN_ROUNDS=5 CAMPAIGN_CLIENTS=48 CAMPAIGN_SEED=7 ./soundings test \\
        tests/campaigns/test_kills.py --log-cli-level=INFO

Rounds multiply what is killed or tried, clients are the residents that send at once, the seed
decides the random choices.
"""

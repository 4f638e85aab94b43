"""What is killed, starved, cut off and filled up while residents send; each file is one campaign.

They are marked `slow`: `./soundings test --slow` runs them. As they stand, they fit
into a build. By hand they run larger, and say how it went:

    CAMPAIGN_ROUNDS=5 CAMPAIGN_CLIENTS=48 CAMPAIGN_SEED=7 ./soundings test \\
        tests/campaigns/test_kills.py --log-cli-level=INFO

Rounds multiply what is killed or tried, clients are the residents that send at once, the seed
chooses what is left to chance.
"""

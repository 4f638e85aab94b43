-- What uses of force are compared with also has figures: searches, arrests, people there by day. Which
-- measures there are is decided in survey/deployments/counts.py, so that another needs no change here.
ALTER TABLE deployment_counts DROP CONSTRAINT deployment_counts_measure_check;
ALTER TABLE deployment_counts ADD CONSTRAINT deployment_counts_measure_check
    CHECK (measure ~ '^[a-z_]{1,40}$');

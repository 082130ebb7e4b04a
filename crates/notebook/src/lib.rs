//! Jupyter notebooks as files: read, written without loss, checked, turned into a learner's copy.
